#pragma once

#include <string>
#include <sys/types.h>

namespace strandbus::test {

/// The mock server aimock, running as long as this object, on a port of its own of the loopback
/// interface. Not ours: what it sends, nobody here has thought of.
class AimockServer {
 public:
  /// Starts it and waits until it listens; throws std::runtime_error that says what to do.
  AimockServer();
  AimockServer(const AimockServer&) = delete;
  AimockServer& operator=(const AimockServer&) = delete;
  ~AimockServer();

  /// "http://127.0.0.1:4010/v1"
  std::string base_url() const { return origin_ + "/v1"; }

 private:
  std::string await_origin(int output) const;

  pid_t process_ = -1;
  int output_ = -1;
  std::string origin_;
};

}  // namespace strandbus::test
