#include "cli/export_output.hpp"

#include "cli/console.hpp"
#include "cli/usage_error.hpp"

#include <boost/system/system_error.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace strandbus::cli {
namespace {

constexpr std::size_t much = std::size_t{64} * 1024;

detail::FileDescriptor make_file(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  detail::FileDescriptor file(::open(path.c_str(), flags, S_IRUSR | S_IWUSR));
  if (file) return file;
  if (errno == EEXIST) throw UsageError("-o: " + path + " exists; name a new file");
  const error_code why(errno, boost::system::system_category());
  throw UsageError("-o: cannot make " + path + ": " + why.message());
}

}  // namespace

ExportOutput::ExportOutput(const std::string& path) : path_(path == "-" ? "" : path) {
  if (!path_.empty()) file_ = make_file(path_);
}

ExportOutput::~ExportOutput() {
  if (!path_.empty() && !whole_) ::unlink(path_.c_str());
}

void ExportOutput::pass_on() {
  if (text_.size() >= much) write();
}

void ExportOutput::finish() {
  write();
  whole_ = true;
}

void ExportOutput::write() {
  const int descriptor = path_.empty() ? STDOUT_FILENO : file_.get();
  if (const error_code failure = write_all(descriptor, text_))
    throw boost::system::system_error(failure);
  text_.clear();
}

}  // namespace strandbus::cli
