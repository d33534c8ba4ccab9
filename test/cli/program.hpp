#pragma once

#include "file_descriptor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace strandbus::testing {

/// What is left of a program that has ended.
struct Finished {
  int exit_code = -1;  ///< -1: a signal ended it
  int signal = 0;
  std::string out;
  std::string err;  ///< on a terminal everything is in `out`
};

/// A running `strandbus`, in a session of its own and with an environment that does not depend on
/// who runs the test. Waits are for output, never for time; whatever takes a minute fails the test.
/// So does a run that records or prints events that break a promise.
class Program {
 public:
  using Arguments = std::vector<std::string>;

  struct Options {
    bool terminal = false;         ///< all three descriptors are a terminal of 80 columns
    std::string input{};           ///< standard input, when it is no terminal
    int out = -1;                  ///< a descriptor that standard output is instead of a pipe
    std::size_t largest_file = 0;  ///< that it may write; 0 = no limit
    std::vector<std::string> environment{};  ///< NAME=value, besides the usual
  };

  explicit Program(const Arguments& arguments) : Program(arguments, Options()) {}
  Program(const Arguments& arguments, const Options& options);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  /// Kills it if it still runs.
  ~Program();

  /// Reads standard output, or standard error, until it holds `text`.
  void read_until(std::string_view text);
  void read_errors_until(std::string_view text);
  /// Reads standard output until it holds `text` behind what the last call of this has found.
  void read_next(std::string_view text);

  /// Types on the terminal.
  void type(std::string_view text);
  void send_signal(int signal) const;
  /// Reads no more of standard output.
  void close_output() { out_.stream = detail::FileDescriptor(); }

  /// Reads everything that is still to come, and waits for the end.
  Finished wait();

  pid_t pid() const noexcept { return pid_; }
  const std::string& out() const noexcept { return out_.text; }

 private:
  std::size_t found_ = 0;
  struct Source {
    detail::FileDescriptor stream;
    std::string text;
  };

  void start(const Arguments& arguments, const Options& options);
  bool read_some();
  static void read_source(Source& source);
  void check_events(const Finished& finished) const;

  Arguments arguments_;
  pid_t pid_ = -1;
  Source out_;
  Source err_;
};

/// Runs the program from its start to its end.
Finished run_program(const Program::Arguments& arguments, const Program::Options& options = {});

/// The processes whose parent is `parent`.
std::vector<pid_t> children_of(pid_t parent);

/// Whether nothing of a process group runs any more, as soon as what was killed is dead.
bool is_gone(pid_t group);

/// The path of a file of the source tree.
std::string source_file(std::string_view name);

}  // namespace strandbus::testing
