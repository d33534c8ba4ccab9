#include "strandbus/error.hpp"

namespace strandbus {
namespace {

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "strandbus"; }

  std::string message(int value) const override {
    switch (static_cast<Errc>(value)) {
      case Errc::closed: return "the bus is closed";
      case Errc::busy: return "another operation of this kind is pending";
      case Errc::lagged: return "the reader fell behind what the history keeps";
      case Errc::seq_unknown: return "the requested seq is beyond the newest event";
      case Errc::backlog_full: return "a blocking reader's backlog is full";
      case Errc::run_not_open: return "the event's run has not started or has ended";
      case Errc::malformed_json: return "the text is not valid JSON";
      case Errc::invalid_event: return "the JSON is not a valid event";
      case Errc::limit_exceeded: return "a size or depth limit was exceeded";
      case Errc::invalid_file: return "the file does not have the expected format";
      case Errc::timed_out: return "the deadline has passed";
      case Errc::session_unknown: return "there is no such session";
      case Errc::session_exists: return "the session exists already";
      case Errc::session_in_use: return "another writer has the session";
      case Errc::store_failed: return "the store has failed and takes nothing more";
    }
    return "unknown strandbus error " + std::to_string(value);
  }
};

}  // namespace

const boost::system::error_category& error_category() noexcept {
  static const Category category;
  return category;
}

}  // namespace strandbus
