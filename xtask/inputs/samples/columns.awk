#!/usr/bin/awk -f
# Sums the last column for each name in the first one.
BEGIN {
    FS = "\t"
    OFS = "\t"
}

NR > 1 && NF >= 2 {
    total[$1] += $NF
    count[$1]++
}

END {
    for (name in total) {
        printf "%s%s%.2f%s%d\n", name, OFS, total[name] / count[name], OFS, count[name]
    }
}
