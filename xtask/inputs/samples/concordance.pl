#!/usr/bin/perl
use strict;
use warnings;

# Prints where each word of the input stands.
my %lines;
while (my $line = <>) {
    chomp $line;
    foreach my $word (split /\W+/, lc $line) {
        next unless length $word;
        push @{ $lines{$word} }, $.;
    }
}

foreach my $word (sort { @{ $lines{$b} } <=> @{ $lines{$a} } || $a cmp $b } keys %lines) {
    my %seen;
    my @once = grep { !$seen{$_}++ } @{ $lines{$word} };
    printf "%-20s %s\n", $word, join(", ", @once);
}

__END__

=head1 NAME

concordance - words and their lines
