#pragma once

#include "load/child.hpp"
#include "load/connection.hpp"

#include <cstdint>
#include <string>

namespace strandbus::load {

/// `strandbus serve` with one session, which has only its first event.
class StrandbusServer {
 public:
  /// The store and whatever else it writes lie in `directory`.
  StrandbusServer(const std::string& program, const std::string& directory);

  const Child& child() const noexcept { return child_; }
  /// For readers behind the seq `after`.
  Target target(std::uint64_t after) const;
  /// Of the newest event.
  std::uint64_t last_seq() const;

 private:
  std::string request(const std::string& method, const std::string& path,
                      const std::string& body) const;

  Child child_;
  Target base_;
  std::string session_;
};

/// nginx with the module nchan, which has one channel and keeps all its events in memory.
class NchanServer {
 public:
  NchanServer(const std::string& program, const std::string& directory);

  const Child& child() const noexcept { return child_; }
  const Target& target() const noexcept { return target_; }

 private:
  Target target_;
  Child child_;
};

}  // namespace strandbus::load
