"""Asks the server of guests/go for sixty answers, over six connections at a time, and checks each."""

import sys
import threading
from http.client import HTTPConnection

HOST, PORT = sys.argv[1].rsplit(":", 1)
TEXT = "every call crosses the border\n" * 10_000
right = []


def ask(connection, method, path, body=None):
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def talk(talker):
    connection = HTTPConnection(HOST, int(PORT), timeout=60)
    for number in range(7):
        number += 7 * talker
        right.append(ask(connection, "GET", f"/square/{number}") == (200, str(number**2)))
    lines = "".join(f"line {line}\n" for line in range(talker))
    right.append(ask(connection, "GET", f"/lines/{talker}") == (200, lines))
    right.append(ask(connection, "POST", "/upper", TEXT) == (200, TEXT.upper()))
    right.append(ask(connection, "GET", "/absent") == (404, "404 page not found\n"))
    connection.close()


talkers = [threading.Thread(target=talk, args=[talker]) for talker in range(6)]
for thread in talkers:
    thread.start()
for thread in talkers:
    thread.join()
print(right.count(True), "of", len(right))
