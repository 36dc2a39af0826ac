module Walk

using Random, Statistics
export simulate

struct Walker{T<:Real}
    position::T
    step::T
end

move(w::Walker, rng::AbstractRNG) = Walker(w.position + rand(rng, (-1, 1)) * w.step, w.step)

"""
    simulate(n; seed=1)

Where `n` steps of a random walk lead, on average over a thousand walks.
"""
function simulate(n::Integer; seed::Integer=1)
    rng = MersenneTwister(seed)
    ends = map(1:1000) do _
        w = Walker(0.0, 1.0)
        for _ in 1:n
            w = move(w, rng)
        end
        w.position
    end
    return mean(abs.(ends)), std(ends)
end

end # module

println(Walk.simulate(100))
