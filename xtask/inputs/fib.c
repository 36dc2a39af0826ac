// Compiled inside the sandbox, for a microcontroller.
int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

int main(void) {
    volatile int result = fib(10);
    return result;
}
