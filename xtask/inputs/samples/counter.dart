import 'dart:async';
import 'dart:io';

class Counter {
  Counter(this.name, {this.step = 1});

  final String name;
  final int step;
  int _value = 0;

  int get value => _value;

  Stream<int> ticks(int count) async* {
    for (var i = 0; i < count; i++) {
      await Future<void>.delayed(const Duration(milliseconds: 10));
      yield _value += step;
    }
  }
}

Future<void> main(List<String> arguments) async {
  final counter = Counter('visitors', step: 2);
  await for (final value in counter.ticks(5)) {
    stdout.writeln('${counter.name}: $value');
  }
}
