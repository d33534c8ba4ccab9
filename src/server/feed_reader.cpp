#include "server/feed_reader.hpp"

#include "event/json_parser.hpp"
#include "event/json_scan.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace strandbus::detail {
namespace {

constexpr std::size_t page_events = 512;
constexpr std::size_t max_items = 256;

FeedItem control_item(std::string type, std::string json) {
  FeedItem item;
  item.type = std::move(type);
  item.json = std::make_shared<const std::string>(std::move(json));
  return item;
}

FeedItem gap_item(std::uint64_t after, std::uint64_t missed) {
  return control_item("gap", R"({"_type":"gap","after":)" + std::to_string(after) +
                                 R"(,"missed":)" + std::to_string(missed) + '}');
}

FeedItem reset_item(std::uint64_t last_seq) {
  return control_item("reset", R"({"_type":"reset","last_seq":)" + std::to_string(last_seq) + '}');
}

/// The type that an event's text names. To decode the whole event costs four times as much.
std::string type_in(std::string_view text) {
  if (const auto bad = check_json(text, {})) throw system_error(bad->code, bad->message);
  const bool is_object = kind_of(text) == JsonKind::object;
  MemberScanner members(is_object ? inside(text) : std::string_view());
  while (members.next()) {
    if (members.key() != "type" || kind_of(members.value()) != JsonKind::string) continue;
    std::string unescaped;
    return std::string(unescape(members.value(), unescaped));
  }
  throw system_error(Errc::invalid_event, "a stored event has no type");
}

[[noreturn]] void fail(const StoreError& error) { throw system_error(error.code, error.message); }

}  // namespace

FeedReader::FeedReader(asio::any_io_executor executor, std::shared_ptr<DurableLog> log,
                       FeedOptions options)
    : executor_(std::move(executor)), log_(std::move(log)), options_(std::move(options)) {
  if (options_.keeps_loaded) log_->reader_came();
  begin();
}

FeedReader::~FeedReader() {
  if (options_.keeps_loaded) log_->reader_left();
}

/// Decides where to begin. What is durable now and not in the memory any more is read first.
void FeedReader::begin() {
  const std::uint64_t head = log_->head();
  const std::uint64_t promised = std::max(head, log_->promised());
  position_ = options_.after.value_or(promised);
  if (position_ > head && position_ <= promised) {
    wanted_after_ = position_;  // it is on its way
    position_ = head;
  } else if (position_ > head) {
    items_.push_back(reset_item(head));
    position_ = 0;
  }
  stored_until_ = head;
  if (options_.finite) return;
  // Whatever is in the memory need not be read: many who come back at once cost the store nothing.
  stored_until_ = std::clamp(log_->first_kept() - 1, position_, head);
  open_stream();
}

/// The stream begins behind what the store is asked for, so that it waits with everything newer.
void FeedReader::open_stream() {
  StreamOptions options;
  options.from = Start::after(stored_until_);
  options.filter = options_.filter;
  options.name = options_.name;
  if (options_.coalesce.count() > 0) {
    options.overflow = Overflow::coalesce;
    options.coalesce_window = options_.coalesce;
  }
  start_ = stored_until_;
  stream_ = std::make_shared<EventStream>(log_->stream(executor_, std::move(options)));
}

asio::awaitable<std::vector<FeedItem>> FeedReader::next(std::chrono::milliseconds patience) {
  for (;;) {
    while (position_ < stored_until_ && items_.size() < max_items) co_await read_stored();
    if (position_ >= stored_until_) take_batch();
    if (!items_.empty()) co_return std::exchange(items_, {});
    if (options_.finite) throw system_error(Errc::closed);
    const bool woken = co_await wait(patience);
    if (woken) {
      batch_ = stream_->try_batch();
      if (batch_.missed() > 0) {
        missed_ = stream_->stats().missed;
        stored_until_ = batch_.delivery(batch_.begin()).first_seq() - 1;
      }
    } else {
      look_for_missed();
      if (position_ >= stored_until_) co_return std::vector<FeedItem>();
    }
  }
}

/// Waits until the stream has something; false when the time is over.
asio::awaitable<bool> FeedReader::wait(std::chrono::milliseconds patience) {
  enum class Wait { open, late, over };
  asio::steady_timer timer(executor_, patience);
  const auto state = std::make_shared<Wait>(Wait::open);
  timer.async_wait([state, stream = std::weak_ptr(stream_)](error_code ec) {
    // A wait that ended just before it was cancelled still comes here without an error: what the
    // reader waits for by then is none of its business.
    const auto alive = stream.lock();
    if (ec || !alive || *state != Wait::open) return;
    *state = Wait::late;
    alive->cancel();
  });
  const auto [ec] = co_await stream_->async_wait(asio::as_tuple(asio::use_awaitable));
  const bool late = std::exchange(*state, Wait::over) == Wait::late;
  if (!ec) co_return true;
  if (ec == asio::error::operation_aborted && late) co_return false;
  if (ec == Errc::closed) {
    look_for_missed();  // of what the bus kept no more, nothing may have passed the filter since
    if (position_ < stored_until_) co_return false;
    const StoreError why = log_->why_closed();
    if (why.code) fail(why);
  }
  throw system_error(ec);
}

/// What the bus did not keep shows with the next event that passes the filter; if none comes for a
/// while, the account of the stream tells.
void FeedReader::look_for_missed() {
  const ReaderStats stats = stream_->stats();
  if (stats.missed <= missed_) return;
  missed_ = stats.missed;
  stored_until_ = start_ + stats.delivered + stats.merged + stats.filtered + stats.missed;
}

void FeedReader::take_batch() {
  const Batch batch = std::exchange(batch_, Batch());
  const bool merges = options_.coalesce.count() > 0;
  for (auto at = batch.begin(); at != batch.end(); ++at)
    add(*at, merges && batch.delivery(at).first_seq() != at->seq());
}

asio::awaitable<void> FeedReader::read_stored() {
  const std::uint64_t wanted = stored_until_ - position_;
  const auto limit = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, page_events));
  const auto page = co_await log_->read(position_, limit);
  if (page) {
    take_page(*page);
  } else if (page.error().code == Errc::invalid_file) {
    co_await read_around_damage();
  } else {
    fail(page.error());
  }
}

void FeedReader::take_page(const std::vector<StoredEvent>& page) {
  for (const StoredEvent& event : page) {
    if (event.seq > stored_until_) break;
    if (event.seq > position_ + 1) add_gap(event.seq);
    position_ = event.seq;
    add_stored(event);
  }
  if (page.empty()) {
    add_gap(stored_until_ + 1);
    position_ = stored_until_;
  }
}

/// Takes one event, or says that it is missing.
asio::awaitable<void> FeedReader::read_around_damage() {
  const auto one = co_await log_->read(position_, 1);
  if (one) co_return take_page(*one);
  if (one.error().code != Errc::invalid_file) fail(one.error());
  add_gap(position_ + 2);
  ++position_;
}

/// Says that the events between the position and `before` are gone.
void FeedReader::add_gap(std::uint64_t before) {
  items_.push_back(gap_item(position_, before - position_ - 1));
}

void FeedReader::add_stored(const StoredEvent& stored) {
  if (stored.seq <= wanted_after_) return;
  FeedItem item;
  item.seq = stored.seq;
  item.json = stored.json;
  if (options_.filter.accepts_all()) {
    item.type = type_in(*stored.json);
  } else {
    const auto event = decoder_.read(*stored.json);
    if (!event) throw system_error(event.error().code, event.error().message);
    if (!options_.filter.matches(*event)) return;
    item.type = event->wire_type();
  }
  items_.push_back(std::move(item));
}

/// An event, or several that were merged into one, whose text nobody else has.
void FeedReader::add(const StreamEvent& event, bool merged) {
  position_ = event.seq();
  if (position_ <= wanted_after_) return;
  FeedItem item;
  item.seq = event.seq();
  item.type = event.wire_type();
  item.json = merged ? nullptr : log_->text_of(event.seq());
  if (!item.json) item.json = std::make_shared<const std::string>(to_json(event));
  items_.push_back(std::move(item));
}

}  // namespace strandbus::detail

namespace strandbus {

SessionFeed::SessionFeed() noexcept = default;
SessionFeed::SessionFeed(std::unique_ptr<detail::FeedReader> reader) noexcept
    : reader_(std::move(reader)) {}
SessionFeed::SessionFeed(SessionFeed&&) noexcept = default;
SessionFeed& SessionFeed::operator=(SessionFeed&&) noexcept = default;
SessionFeed::~SessionFeed() = default;

asio::awaitable<std::vector<FeedItem>> SessionFeed::next(std::chrono::milliseconds patience) {
  if (!reader_) throw system_error(Errc::closed);
  return reader_->next(patience);
}

}  // namespace strandbus
