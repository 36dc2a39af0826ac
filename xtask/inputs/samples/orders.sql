-- Orders of a shop, and who spent most.
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name VARCHAR(80) NOT NULL,
    joined DATE DEFAULT CURRENT_DATE
);

CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    total NUMERIC(10, 2) CHECK (total >= 0)
);

CREATE INDEX orders_by_customer ON orders (customer_id);

INSERT INTO customers (id, name) VALUES (1, 'Ada'), (2, 'Charles');
INSERT INTO orders (id, customer_id, total) VALUES (10, 1, 99.50), (11, 2, 12.00), (12, 1, 7.25);

SELECT c.name, COUNT(*) AS orders, SUM(o.total) AS spent
FROM customers AS c
JOIN orders AS o ON o.customer_id = c.id
GROUP BY c.name
HAVING SUM(o.total) > 20
ORDER BY spent DESC
LIMIT 10;
