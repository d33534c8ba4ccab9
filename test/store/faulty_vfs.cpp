#include "store/faulty_vfs.hpp"

#include <sqlite3.h>

#include <array>
#include <atomic>

namespace strandbus::testing {
namespace {

struct Fault {
  std::array<std::atomic<std::uint64_t>, 3> counts{};
  std::atomic<bool> fired{false};
  FaultyVfs::Call call{};
  std::uint64_t n = 0;
  int code = SQLITE_OK;
  FaultyVfs::How how{};
};
Fault fault;
sqlite3_vfs* real = nullptr;
sqlite3_vfs shim{};
sqlite3_io_methods methods{};

/// The file of the real VFS lies behind it.
struct File {
  sqlite3_file base;
};

sqlite3_file* inner(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File*>(file) + 1);
}

/// What the call has to return instead of being made.
int count(FaultyVfs::Call call) {
  const std::uint64_t n = ++fault.counts[static_cast<std::size_t>(call)];
  if (fault.n == 0 || call != fault.call) return SQLITE_OK;
  const bool hit = fault.how == FaultyVfs::How::once ? n == fault.n : n >= fault.n;
  if (!hit) return SQLITE_OK;
  fault.fired = true;
  return fault.code;
}

int close_file(sqlite3_file* file) { return inner(file)->pMethods->xClose(inner(file)); }
int read_file_part(sqlite3_file* file, void* to, int size, sqlite3_int64 at) {
  return inner(file)->pMethods->xRead(inner(file), to, size, at);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  if (const int code = count(FaultyVfs::Call::write)) return code;
  return inner(file)->pMethods->xWrite(inner(file), from, size, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = count(FaultyVfs::Call::truncate)) return code;
  return inner(file)->pMethods->xTruncate(inner(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  if (const int code = count(FaultyVfs::Call::sync)) return code;
  return inner(file)->pMethods->xSync(inner(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return inner(file)->pMethods->xFileSize(inner(file), size);
}
int lock(sqlite3_file* file, int level) { return inner(file)->pMethods->xLock(inner(file), level); }
int unlock(sqlite3_file* file, int level) {
  return inner(file)->pMethods->xUnlock(inner(file), level);
}
int is_locked(sqlite3_file* file, int* result) {
  return inner(file)->pMethods->xCheckReservedLock(inner(file), result);
}
int control(sqlite3_file* file, int what, void* argument) {
  return inner(file)->pMethods->xFileControl(inner(file), what, argument);
}
int sector_size(sqlite3_file* file) { return inner(file)->pMethods->xSectorSize(inner(file)); }
int device(sqlite3_file* file) {
  return inner(file)->pMethods->xDeviceCharacteristics(inner(file));
}
int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** to) {
  return inner(file)->pMethods->xShmMap(inner(file), page, size, extend, to);
}
int lock_shared(sqlite3_file* file, int offset, int n, int flags) {
  return inner(file)->pMethods->xShmLock(inner(file), offset, n, flags);
}
void barrier(sqlite3_file* file) { inner(file)->pMethods->xShmBarrier(inner(file)); }
int unmap_shared(sqlite3_file* file, int remove) {
  return inner(file)->pMethods->xShmUnmap(inner(file), remove);
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out) {
  file->pMethods = nullptr;
  inner(file)->pMethods = nullptr;
  const int code = real->xOpen(real, name, inner(file), flags, out);
  if (inner(file)->pMethods) file->pMethods = &methods;
  return code;
}

}  // namespace

FaultyVfs::FaultyVfs() {
  real = sqlite3_vfs_find(nullptr);
  methods = {2,         close_file,   read_file_part, write_file, truncate_file,
             sync_file, file_size,    lock,           unlock,     is_locked,
             control,   sector_size,  device,         map_shared, lock_shared,
             barrier,   unmap_shared, nullptr,        nullptr};
  shim = *real;
  shim.zName = "faulty";
  shim.szOsFile = real->szOsFile + static_cast<int>(sizeof(File));
  shim.xOpen = open_file;
  sqlite3_vfs_register(&shim, 1);
  fail(Call::write, 0, SQLITE_OK, How::once);
}

FaultyVfs::~FaultyVfs() {
  sqlite3_vfs_register(real, 1);
  sqlite3_vfs_unregister(&shim);
}

void FaultyVfs::fail(Call call, std::uint64_t n, int code, How how) {
  for (auto& calls_so_far : fault.counts) calls_so_far = 0;
  fault.fired = false;
  fault.call = call;
  fault.n = n;
  fault.code = code;
  fault.how = how;
}

std::uint64_t FaultyVfs::calls(Call call) { return fault.counts[static_cast<std::size_t>(call)]; }

bool FaultyVfs::has_failed() { return fault.fired; }

}  // namespace strandbus::testing
