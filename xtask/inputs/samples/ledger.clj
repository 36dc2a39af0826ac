(ns ledger.core
  (:require [clojure.string :as str]
            [clojure.java.io :as io]))

(defn parse-line
  "Turns `name,amount` into a map."
  [line]
  (let [[name amount] (str/split line #",")]
    {:name (str/trim name) :amount (Double/parseDouble amount)}))

(defn totals [entries]
  (->> entries
       (group-by :name)
       (map (fn [[name rows]] [name (reduce + (map :amount rows))]))
       (into (sorted-map))))

(defn -main [& args]
  (with-open [reader (io/reader (first args))]
    (doseq [[name total] (totals (map parse-line (line-seq reader)))]
      (println name total))))
