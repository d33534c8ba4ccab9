#include "server/feed_reply.hpp"

#include "server/chunk_buffer.hpp"
#include "server/feed_texts.hpp"
#include "strandbus/wire/sse_encoder.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>
#include <vector>

namespace strandbus::detail {
namespace {

/// A longer batch is sent in pieces: so much one slow reader holds, and one event more.
constexpr std::size_t chunk_bytes = std::size_t{64} * 1024;

/// What a reader of an event stream may still say.
constexpr std::size_t tolerated_bytes = std::size_t{16} * 1024;

/// The events of one session, as they stand in an answer.
class SessionLines {
 public:
  using Item = FeedItem;

  SessionLines(SessionFeed feed, const FeedSetting& setting)
      : feed_(std::move(feed)), setting_(setting), texts_(setting.dialect) {}

  asio::awaitable<std::vector<FeedItem>> next() { return feed_.next(setting_.keep_alive); }

  /// The id goes with the last of several texts: a reader that did not get all of them gets all
  /// again.
  void append(std::string& out, const FeedItem& item, bool) {
    const auto texts = texts_.of(item);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (setting_.form == FeedForm::jsonl) {
        out.append(texts[i]).append("\n");
      } else {
        const bool last = i + 1 == texts.size();
        append_sse(out, texts[i], last ? item.seq : std::nullopt,
                   setting_.named ? item.type : std::string_view());
      }
    }
  }

 private:
  SessionFeed feed_;
  const FeedSetting& setting_;
  FeedTexts texts_;
};

/// The events of all sessions, as they stand in an answer.
class AllLines {
 public:
  using Item = SessionsItem;

  AllLines(SessionsFeed feed, SessionCursors cursors, const FeedSetting& setting)
      : feed_(std::move(feed)), cursors_(std::move(cursors)), setting_(setting) {}

  asio::awaitable<std::vector<SessionsItem>> next() { return feed_.next(setting_.keep_alive); }

  void append(std::string& out, const SessionsItem& item, bool last) {
    if (item.item.seq) cursors_[item.session_id] = *item.item.seq;
    if (item.item.seq && (last || cursors_.size() <= max_cursors_of_each)) append_id(out);
    append_sse(out, text_of(item), std::nullopt,
               setting_.named ? item.item.type : std::string_view());
  }

 private:
  static constexpr std::size_t max_cursors_of_each = 64;

  /// What is no event does not say by itself of which session it tells.
  static std::string text_of(const SessionsItem& item) {
    if (item.item.seq) return *item.item.json;
    return R"({"session_id":")" + item.session_id + "\"," + item.item.json->substr(1);
  }

  void append_id(std::string& out) const {
    out += "id: ";
    for (const auto& [session_id, seq] : cursors_) {
      if (out.back() != ' ') out += ',';
      out += session_id + ':' + std::to_string(seq);
    }
    out += '\n';
  }

  SessionsFeed feed_;
  SessionCursors cursors_;
  const FeedSetting& setting_;
};

template <class Lines>
class FeedSender {
 public:
  FeedSender(HttpSocket& socket, Lines lines, const FeedSetting& setting)
      : socket_(socket),
        lines_(std::move(lines)),
        setting_(setting),
        buffer_(setting.chunked ? ChunkBuffer::Framing::chunked : ChunkBuffer::Framing::plain) {}

  /// Reports in the outcome what happens, and never throws: of two coroutines that race, one that
  /// fails does not end the other.
  asio::awaitable<void> run() {
    try {
      co_await send_all();
    } catch (const system_error& failed) {
      if (failed.code() != asio::error::operation_aborted) outcome_.problem = failed.what();
    } catch (const std::exception& failed) {
      outcome_.problem = failed.what();
    }
  }

  FeedOutcome outcome() { return std::move(outcome_); }

 private:
  using Item = typename Lines::Item;

  asio::awaitable<void> send_all() {
    if (setting_.form == FeedForm::sse) append_sse_retry(buffer_.text(), setting_.retry);
    for (bool more = true; more;) {
      co_await flush();
      if (gone_) co_return;
      more = co_await read_batch();
    }
    if (gone_) co_return;
    const error_code ec = co_await socket_.write(buffer_.last(), setting_.write_timeout);
    outcome_.complete = !ec;
  }

  /// False at the end of the feed, or when the reader is gone.
  asio::awaitable<bool> read_batch() {
    std::vector<Item> items;
    try {
      items = co_await lines_.next();
    } catch (const system_error& failed) {
      // Who asks again for a session that was removed is told so.
      if (failed.code() != Errc::closed && failed.code() != Errc::session_unknown) throw;
      co_return false;
    }
    if (items.empty() && setting_.form == FeedForm::sse) append_sse_comment(buffer_.text());
    for (const Item& item : items) {
      lines_.append(buffer_.text(), item, &item == &items.back());
      if (buffer_.size() < chunk_bytes) continue;
      co_await flush();
      if (gone_) co_return false;
    }
    co_return true;
  }

  asio::awaitable<void> flush() {
    if (buffer_.empty()) co_return;
    const error_code ec = co_await socket_.write(buffer_.framed(), setting_.write_timeout);
    buffer_.clear();
    gone_ = ec.failed();
    if (ec == Errc::timed_out) outcome_.problem = "the reader takes nothing";
    // What can be written at once waits for nothing: let others have their turn.
    const asio::any_io_executor executor = socket_.get_executor();
    co_await asio::post(executor, asio::use_awaitable);
  }

  HttpSocket& socket_;
  Lines lines_;
  const FeedSetting& setting_;
  ChunkBuffer buffer_;
  bool gone_ = false;  // the reader, or he is stuck
  FeedOutcome outcome_;
};

}  // namespace

std::chrono::milliseconds spread_retry(std::uint64_t number) noexcept {
  constexpr std::uint64_t least_ms = 1000;
  constexpr std::uint64_t span_ms = 6000;
  // The golden ratio's multiples spread evenly, however many there are.
  return std::chrono::milliseconds(least_ms +
                                   (number * 2654435761U % 4294967296U) * span_ms / 4294967296U);
}

asio::awaitable<FeedOutcome> send_feed(std::shared_ptr<HttpSocket> socket, SessionFeed feed,
                                       FeedSetting setting) {
  using namespace asio::experimental::awaitable_operators;
  SessionLines lines(std::move(feed), setting);
  FeedSender<SessionLines> sender(*socket, std::move(lines), setting);
  if (setting.form == FeedForm::sse) {
    co_await (sender.run() || socket->wait_for_end(tolerated_bytes));
  } else {
    co_await sender.run();
  }
  co_return sender.outcome();
}

asio::awaitable<FeedOutcome> send_all(std::shared_ptr<HttpSocket> socket, SessionsFeed feed,
                                      SessionCursors cursors, FeedSetting setting) {
  using namespace asio::experimental::awaitable_operators;
  AllLines lines(std::move(feed), std::move(cursors), setting);
  FeedSender<AllLines> sender(*socket, std::move(lines), setting);
  co_await (sender.run() || socket->wait_for_end(tolerated_bytes));
  co_return sender.outcome();
}

}  // namespace strandbus::detail
