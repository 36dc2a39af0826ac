/* Wine 8 lacks the library that Rust's own takes random bytes from, and a program without it ends and says nothing. */

unsigned char __stdcall SystemFunction036(void *, unsigned long);

__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *bytes, unsigned long long size) {
    return SystemFunction036(bytes, (unsigned long)size);
}
