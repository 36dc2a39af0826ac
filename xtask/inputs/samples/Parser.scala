package org.example.parser

import scala.annotation.tailrec
import scala.util.{Failure, Success, Try}

sealed trait Token
object Token {
  final case class Number(value: BigDecimal) extends Token
  case object Plus extends Token
}

object Parser {
  def tokenize(text: String): Try[List[Token]] = Try {
    text.split("\\s+").toList.map {
      case "+" => Token.Plus
      case digits => Token.Number(BigDecimal(digits))
    }
  }

  @tailrec
  def sum(tokens: List[Token], acc: BigDecimal = 0): BigDecimal = tokens match {
    case Nil => acc
    case Token.Plus :: rest => sum(rest, acc)
    case Token.Number(value) :: rest => sum(rest, acc + value)
  }

  def main(args: Array[String]): Unit = tokenize(args.mkString(" ")) match {
    case Success(tokens) => println(s"= ${sum(tokens)}")
    case Failure(error) => System.err.println(error.getMessage)
  }
}
