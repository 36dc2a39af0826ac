import { readFile } from 'node:fs/promises';

export interface Item {
  readonly name: string;
  readonly price: number;
  count?: number;
}

type Totals = Record<string, number>;

export class Cart<T extends Item> {
  private items: T[] = [];

  add(item: T): this {
    this.items.push(item);
    return this;
  }

  totals(): Totals {
    return this.items.reduce<Totals>((totals, { name, price, count = 1 }) => {
      totals[name] = (totals[name] ?? 0) + price * count;
      return totals;
    }, {});
  }
}

async function main(path: string): Promise<void> {
  const items = JSON.parse(await readFile(path, 'utf8')) as Item[];
  const cart = new Cart<Item>();
  items.forEach((item) => cart.add(item));
  console.log(cart.totals() satisfies Totals);
}

void main(process.argv[2] ?? 'items.json');
