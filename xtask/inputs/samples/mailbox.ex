defmodule Mailbox do
  @moduledoc "A process that keeps letters until somebody fetches them."
  use GenServer

  def start_link(options \\ []), do: GenServer.start_link(__MODULE__, [], options)
  def put(pid, letter), do: GenServer.cast(pid, {:put, letter})
  def fetch(pid), do: GenServer.call(pid, :fetch)

  @impl true
  def init(letters), do: {:ok, letters}

  @impl true
  def handle_cast({:put, letter}, letters), do: {:noreply, [letter | letters]}

  @impl true
  def handle_call(:fetch, _from, letters) do
    letters
    |> Enum.reverse()
    |> Enum.map(&String.trim/1)
    |> then(&{:reply, &1, []})
  end
end
