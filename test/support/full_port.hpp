#pragma once

#include "file_descriptor.hpp"

#include <cstdint>
#include <vector>

namespace strandbus::test {

/// A port of 127.0.0.1 that answers nobody any more: its queue is full, and whoever connects waits.
class FullPort {
 public:
  FullPort();

  std::uint16_t port() const noexcept { return port_; }

 private:
  detail::FileDescriptor listener_;
  std::uint16_t port_ = 0;
  std::vector<detail::FileDescriptor> waiting_;
};

}  // namespace strandbus::test
