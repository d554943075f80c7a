// Loaded into the program under test with LD_PRELOAD: counts the heap allocations of its worker threads, in a file that
// the test maps too (PENSTOCK_ALLOCATIONS).
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
}

namespace {

std::atomic<std::uint64_t>* counter = nullptr;

__attribute__((constructor)) void map_counter() {
  const char* path = std::getenv("PENSTOCK_ALLOCATIONS");
  const int fd = path ? open(path, O_RDWR) : -1;
  if (fd < 0) return;
  void* page = mmap(nullptr, sizeof(*counter), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page != MAP_FAILED) counter = static_cast<std::atomic<std::uint64_t>*>(page);
  close(fd);
}

void count() {
  if (!counter) return;
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof(name));
  if (std::strncmp(name, "worker-", 7) == 0) counter->fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}

void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}

void* realloc(void* memory, std::size_t size) {
  count();
  return __libc_realloc(memory, size);
}

}  // extern "C"
