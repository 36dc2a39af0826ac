-module(ring).
-export([start/2, loop/1]).

%% Sends a message round a ring of N processes, M times.
start(N, M) when N > 1, M > 0 ->
    First = self(),
    Last = lists:foldl(fun(_, Next) -> spawn(?MODULE, loop, [Next]) end, First, lists:seq(2, N)),
    Last ! {token, M},
    wait(Last).

wait(Next) ->
    receive
        {token, 0} ->
            Next ! stop,
            io:format("done~n");
        {token, M} ->
            Next ! {token, M - 1},
            wait(Next)
    end.

loop(Next) ->
    receive
        {token, M} -> Next ! {token, M}, loop(Next);
        stop -> Next ! stop, ok
    after 5000 -> timeout
    end.
