#include "net/gzip.hpp"

#include <memory>
#include <new>
#include <zlib.h>

namespace strandbus::detail {
namespace {

constexpr int window_of_gzip = 15 + 16;
constexpr int memory_level = 8;

struct EndDeflate {
  void operator()(z_stream* stream) const noexcept { ::deflateEnd(stream); }
};

}  // namespace

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window_of_gzip, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  const std::unique_ptr<z_stream, EndDeflate> end(&stream);
  std::string out(::deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  std::string in(bytes);  // zlib takes no const
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) throw std::bad_alloc();
  out.resize(stream.total_out);
  return out;
}

}  // namespace strandbus::detail
