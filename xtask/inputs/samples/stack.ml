module type STACK = sig
  type 'a t
  val empty : 'a t
  val push : 'a -> 'a t -> 'a t
  val pop : 'a t -> ('a * 'a t) option
end

module Stack : STACK = struct
  type 'a t = 'a list

  let empty = []
  let push x xs = x :: xs
  let pop = function
    | [] -> None
    | x :: xs -> Some (x, xs)
end

let rec drain stack acc =
  match Stack.pop stack with
  | None -> List.rev acc
  | Some (x, rest) -> drain rest (x :: acc)

let () =
  let stack = List.fold_left (fun s x -> Stack.push x s) Stack.empty [1; 2; 3] in
  drain stack [] |> List.iter (fun x -> Printf.printf "%d\n" x)
