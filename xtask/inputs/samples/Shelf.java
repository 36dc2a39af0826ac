package org.example.shelf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Jars on a shelf, the heaviest first. */
public final class Shelf {
    private final List<Jar> jars = new ArrayList<>();

    public record Jar(String label, int grams) {}

    public void put(Jar jar) {
        jars.add(jar);
        jars.sort(Comparator.comparingInt(Jar::grams).reversed());
    }

    public Optional<Jar> heaviest() {
        return jars.isEmpty() ? Optional.empty() : Optional.of(jars.get(0));
    }

    public static void main(String[] args) {
        Shelf shelf = new Shelf();
        for (int i = 0; i < args.length; i++) {
            shelf.put(new Jar(args[i], 100 * (i + 1)));
        }
        System.out.println(shelf.heaviest().map(Jar::label).orElse("nothing"));
    }
}
