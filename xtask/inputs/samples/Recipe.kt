package org.example.kitchen

import java.time.Duration

sealed interface Step {
    val duration: Duration

    data class Bake(override val duration: Duration, val degrees: Int) : Step
    data class Stir(override val duration: Duration) : Step
}

class Recipe(private val name: String, private val steps: List<Step>) {
    val total: Duration get() = steps.fold(Duration.ZERO) { sum, step -> sum + step.duration }

    fun describe(): String = buildString {
        appendLine("$name takes ${total.toMinutes()} minutes")
        steps.forEachIndexed { index, step ->
            val what = when (step) {
                is Step.Bake -> "bake at ${step.degrees} degrees"
                is Step.Stir -> "stir"
            }
            appendLine("${index + 1}. $what")
        }
    }
}

fun main() {
    val steps = listOf(Step.Stir(Duration.ofMinutes(5)), Step.Bake(Duration.ofMinutes(40), 180))
    println(Recipe("Cake", steps).describe())
}
