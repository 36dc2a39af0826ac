using System;
using System.Collections.Generic;
using System.Linq;

namespace Lending
{
    public sealed class Book
    {
        public string Title { get; init; } = string.Empty;
        public DateTime? LentUntil { get; private set; }

        public void Lend(TimeSpan duration) => LentUntil = DateTime.UtcNow + duration;
    }

    public static class Library
    {
        public static IEnumerable<Book> Overdue(IEnumerable<Book> books) =>
            books.Where(book => book.LentUntil is DateTime until && until < DateTime.UtcNow);

        public static void Main(string[] args)
        {
            var books = new List<Book> { new Book { Title = "Middlemarch" } };
            books[0].Lend(TimeSpan.FromDays(-1));
            foreach (var book in Overdue(books))
            {
                Console.WriteLine($"{book.Title} is overdue");
            }
        }
    }
}
