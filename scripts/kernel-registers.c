/* Lets User-Mode Linux before 6.13 run on processors with AMX; scripts/kernel preloads it there.
 *
 * It keeps 2,696 bytes of a process's extended registers, reads that much of them, and writes them
 * back with PTRACE_SETREGSET. Linux takes all of them or none, and with AMX they are 11 KiB, so the
 * write fails, and User-Mode Linux with it. Here what it does not know of is read from the process
 * first and written back as it was, less the AMX state, which no program here uses.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST = 16384, HEADER = 512 };  /* Intel SDM, volume 1, 13.4.2: XSTATE_BV comes at 512. */
static const uint64_t known_states = 0x2ff;  /* x87, SSE, AVX, MPX, AVX-512 and PKRU */

static long write_extended(pid_t pid, long set, const struct iovec *part)
{
    static char all[MOST] __attribute__((aligned(64)));
    struct iovec whole = {all, sizeof all};
    uint64_t states;

    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, set, &whole) < 0)
        return -1;
    if (part->iov_len >= whole.iov_len)
        return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, set, part);
    memcpy(all, part->iov_base, part->iov_len);
    memcpy(&states, all + HEADER, sizeof states);
    states &= known_states;
    memcpy(all + HEADER, &states, sizeof states);
    return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, set, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    long address = va_arg(arguments, long);
    long data = va_arg(arguments, long);
    va_end(arguments);

    if (request == PTRACE_SETREGSET && address == NT_X86_XSTATE)
        return write_extended(pid, address, (const struct iovec *)data);
    if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
        long word;  /* the system call writes the word, the library's function returns it */
        if (syscall(SYS_ptrace, request, pid, address, &word) < 0)
            return -1;
        errno = 0;
        return word;
    }
    return syscall(SYS_ptrace, request, pid, address, data);
}
