<?php

declare(strict_types=1);

namespace App\Guestbook;

use PDO;

final class Guestbook
{
    public function __construct(private PDO $database)
    {
    }

    public function sign(string $name, string $text): void
    {
        $statement = $this->database->prepare('INSERT INTO entries (name, text) VALUES (:name, :text)');
        $statement->execute(['name' => $name, 'text' => $text]);
    }

    /** @return array<int, array<string, string>> */
    public function latest(int $count = 10): array
    {
        $query = "SELECT name, text FROM entries ORDER BY id DESC LIMIT $count";
        return $this->database->query($query)->fetchAll(PDO::FETCH_ASSOC);
    }
}

$book = new Guestbook(new PDO('sqlite::memory:'));
foreach ($book->latest() as $entry) {
    echo htmlspecialchars($entry['name']), PHP_EOL;
}
