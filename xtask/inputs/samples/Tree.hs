{-# LANGUAGE DeriveFunctor #-}
module Tree (Tree, insert, toList, depth) where

import Data.List (foldl')
import qualified Data.Map.Strict as Map

data Tree a = Leaf | Node (Tree a) a (Tree a)
  deriving (Show, Functor)

insert :: Ord a => a -> Tree a -> Tree a
insert x Leaf = Node Leaf x Leaf
insert x tree@(Node left y right)
  | x < y     = Node (insert x left) y right
  | x > y     = Node left y (insert x right)
  | otherwise = tree

toList :: Tree a -> [a]
toList Leaf = []
toList (Node left x right) = toList left ++ [x] ++ toList right

depth :: Tree a -> Int
depth Leaf = 0
depth (Node left _ right) = 1 + max (depth left) (depth right)

main :: IO ()
main = do
  let tree = foldl' (flip insert) Leaf [5, 2, 8, 1 :: Int]
  print (toList tree)
  print (Map.toList (Map.fromListWith (+) [(x `mod` 2, 1 :: Int) | x <- toList tree]))
