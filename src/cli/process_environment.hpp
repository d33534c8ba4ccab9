#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strandbus::cli {

/// The environment of the program, taken out of the reach of what it starts.
///
/// What a process was given as its environment can be read by other processes in /proc/PID/environ
/// as long as it lives. take() copies what the program needs and wipes the rest where it stood.
/// Secrets, variables whose names end in _KEY or _TOKEN and OTEL_EXPORTER_OTLP_HEADERS, are in no
/// environment any more.
///
/// Threads: take() before there is a second one; distinct objects. One object at a time.
class ProcessEnvironment {
 public:
  /// Takes the environment over; getenv() knows only what is kept and no secret. `arguments` are
  /// those of main(): what follows --api-key-env is the name of one more secret.
  static ProcessEnvironment take(const std::vector<std::string_view>& arguments);

  ProcessEnvironment(ProcessEnvironment&&) = default;
  ProcessEnvironment& operator=(ProcessEnvironment&&) = delete;
  /// Wipes the secrets; getenv() knows nothing any more.
  ~ProcessEnvironment();

  /// What is kept, as NAME=value, behind the last one a null pointer.
  const char* const* variables() const noexcept { return pointers_.data(); }

  /// The value of a variable that is kept.
  std::optional<std::string> get(std::string_view name) const;

  /// Whether there is a secret of this name, and not an empty one.
  bool has_secret(const std::string& name) const;

  /// What nobody may read: the values of variables whose names say secret, but for paths and flags.
  const std::vector<std::string>& secret_values() const noexcept { return secret_values_; }

  /// Hands a secret over; it is kept here no longer. Nothing for one that is empty.
  std::optional<std::string> take_secret(const std::string& name);

 private:
  ProcessEnvironment() = default;

  void keep(std::string_view entry);
  void replace_environ();

  std::vector<std::vector<char>> kept_;
  std::vector<char*> pointers_;
  std::map<std::string, std::string> secrets_;
  std::vector<std::string> secret_values_;
};

/// Keeps other processes of the same user from reading this one's memory, and so from debugging it.
/// Does nothing in a build with sanitizers: LeakSanitizer debugs its own process.
void forbid_inspection() noexcept;

}  // namespace strandbus::cli
