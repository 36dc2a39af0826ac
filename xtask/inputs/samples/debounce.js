'use strict';

const { EventEmitter } = require('node:events');

/** Calls `action` once things have been quiet for `delay` milliseconds. */
function debounce(action, delay) {
  let timer = null;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), delay);
  };
}

class Search extends EventEmitter {
  constructor(words) {
    super();
    this.words = words;
    this.type = debounce((text) => this.find(text), 150);
  }

  async find(text) {
    const found = this.words.filter((word) => word.startsWith(text));
    this.emit('found', found);
    return found;
  }
}

module.exports = { Search, debounce };

if (require.main === module) {
  const search = new Search(['apple', 'apricot', 'banana']);
  search.on('found', (found) => console.log(found.join(', ')));
  search.type('ap');
}
