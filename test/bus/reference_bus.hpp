#pragma once

#include "strandbus/bus/options.hpp"
#include "strandbus/event/event_type.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strandbus::test {

/// What a bus must do, in the plainest way: all events ever published are kept, and numbers say
/// what a real bus would still have. The types are token_delta with a message id for a key, error,
/// model_started and model_completed.
class ReferenceBus {
 public:
  using Seq = std::uint64_t;
  struct Event {
    EventType type;
    std::string key{};
    bool delta() const { return type == EventType::token_delta; }
  };
  struct Taken {
    Seq first, last;
    Seq missed;
    std::vector<Seq> parts;
    friend bool operator==(const Taken&, const Taken&) = default;
  };
  struct Reader {
    Overflow overflow;
    std::optional<EventType> wanted;  ///< everything if empty
    Seq next;
    Seq run_end = 0;  ///< of the landmarks that the cursor stands in; 0 in the window
    Seq block = 0;    ///< the 64 events of the window that the cursor stands in
    Seq untold = 0;
    Seq delivered = 0, merged = 0, filtered = 0, missed = 0;
    std::vector<Seq> collected{};
    std::deque<Taken> ready{};
    bool found = false;
    std::optional<Errc> ending{};  ///< told by the last look
    Seq lag(Seq head) const {
      Seq lag = head + 1 - next + collected.size();
      for (const Taken& taken : ready) lag += taken.parts.size();
      return lag;
    }
  };

  explicit ReferenceBus(const BusOptions& options) : options_(options) {}

  std::optional<Errc> publish(Event event) {
    if (closed_) return Errc::closed;
    const bool ends = event.type == EventType::model_completed && open_models_ > 0;
    if (!ends && head() + 1 >= std::max(gate(), tail_) + options_.backlog_hard)
      return Errc::backlog_full;
    open_models_ += event.type == EventType::model_started ? 1 : 0;
    open_models_ -= ends ? 1 : 0;
    events_.push_back(std::move(event));
    evict();
    return std::nullopt;
  }
  Reader* join(Overflow overflow, std::optional<EventType> wanted, Seq next) {
    readers_.push_back(std::make_unique<Reader>(Reader{overflow, wanted, next}));
    return readers_.back().get();
  }
  void leave(Reader* reader) {
    const bool blocked = reader->overflow == Overflow::block;
    std::erase_if(readers_, [&](const auto& known) { return known.get() == reader; });
    if (blocked) evict();
  }
  void close() { closed_ = true; }

  /// Whether there is something to take, or none will ever be.
  bool look(Reader& r) {
    while (r.ready.empty() && !r.ending) {
      const bool found = seek(r);
      if (!r.ready.empty()) r.ending.reset();  // first what was collected before a gap
      if (!r.ready.empty()) break;
      if (found && r.overflow == Overflow::coalesce && at(r.next).delta()) {
        r.collected.push_back(r.next++);
        r.found = false;
      } else if (r.collected.empty()) {
        return found || r.ending;
      } else if (!found) {
        r.ending.reset();  // first what was collected
        return true;
      } else {
        flush(r);
      }
    }
    return true;
  }
  std::optional<Taken> take(Reader& r) {
    if (!look(r)) return std::nullopt;
    if (r.ready.empty() && !r.collected.empty()) flush(r);
    if (r.ending && r.ready.empty()) return std::nullopt;
    Taken taken{r.next, r.next, 0, {r.next}};
    if (r.ready.empty()) {
      taken.missed = std::exchange(r.untold, 0);
      ++r.next;
      r.found = false;
    } else {
      taken = std::move(r.ready.front());
      r.ready.pop_front();
    }
    ++r.delivered;
    r.merged += taken.parts.size() - 1;
    return taken;
  }
  /// The first event that the reader wants and those that stand behind it in the same place.
  std::vector<Taken> take_batch(Reader& r, Seq limit) {
    std::vector<Taken> batch;
    const bool alone = look(r) && (!r.ready.empty() || !r.collected.empty());
    const auto first = take(r);
    if (!first) return batch;
    batch.push_back(*first);
    const Seq end = r.run_end > 0 ? r.run_end : std::min(head() + 1, (r.block + 1) * 64 + 1);
    for (; !alone && r.next < end && batch.size() < limit; ++r.next) {
      if (r.overflow == Overflow::coalesce && at(r.next).delta()) break;
      const bool wanted = !r.wanted || at(r.next).type == *r.wanted;
      ++(wanted ? r.delivered : r.filtered);
      if (wanted) batch.push_back({r.next, r.next, 0, {r.next}});
    }
    return batch;
  }

  void evict() {
    for (; head() + 1 - tail_ > options_.history && tail_ < gate(); ++tail_) {
      if (at(tail_).delta() || options_.landmarks == 0) continue;
      landmarks_.push_back(tail_);
      if (landmarks_.size() <= options_.landmarks) continue;
      landmarks_.pop_front();
      ++gone_landmarks_;
    }
  }
  Seq head() const { return events_.size(); }
  Seq tail() const { return tail_; }
  const std::deque<Seq>& landmarks() const { return landmarks_; }
  bool closed() const { return closed_; }
  const Event& at(Seq seq) const { return events_[seq - 1]; }
  Seq oldest() const { return landmarks_.empty() ? tail_ : landmarks_.front(); }
  Seq first_of_last(Seq count) const {
    const Seq window = head() + 1 - tail_;
    if (count <= window) return head() + 1 - count;
    const auto more = static_cast<std::ptrdiff_t>(std::min<Seq>(count - window, landmarks_.size()));
    return more > 0 ? *(landmarks_.end() - more) : tail_;
  }
  /// The first event that some blocking reader has not read; if there is none, far away.
  Seq gate() const {
    Seq gate = Seq{1} << 60U;
    for (const auto& reader : readers_) {
      if (reader->overflow == Overflow::block) gate = std::min(gate, reader->next);
    }
    return gate;
  }

 private:
  /// Moves the cursor to the next event that the reader wants; false if there is none yet.
  bool seek(Reader& r) {
    while (!r.found && !r.ending) {
      if (r.next > head()) {
        if (closed_) r.ending = Errc::closed;
        return false;
      }
      const Seq kept = come_to_kept(r);
      if (kept > r.next && r.overflow == Overflow::disconnect) {
        r.ending = Errc::lagged;
        return false;
      }
      if (kept > r.next && !r.collected.empty()) flush(r);
      r.missed += kept - r.next;
      r.untold += kept - r.next;
      r.next = kept;
      r.found = !r.wanted || at(r.next).type == *r.wanted;
      if (r.found) break;
      ++r.filtered;
      ++r.next;
    }
    return r.found;
  }
  Seq come_to_kept(Reader& r) const {
    const auto landmark = std::lower_bound(landmarks_.begin(), landmarks_.end(), r.next);
    r.run_end = 0;
    if (r.next < tail_ && landmark != landmarks_.end()) {
      r.run_end = *landmark + 1;
      // Landmarks stand 64 in one place, counted from the first one that there was.
      auto ordinal = gone_landmarks_ + static_cast<Seq>(landmark - landmarks_.begin());
      for (auto more = landmark + 1; more != landmarks_.end(); ++more, ++r.run_end) {
        if (*more != r.run_end || ++ordinal % 64 == 0) break;
      }
      return *landmark;
    }
    const Seq kept = std::max(r.next, tail_);
    r.block = (kept - 1) / 64;
    return kept;
  }
  std::map<std::string, std::vector<Seq>> keys(const std::vector<Seq>& seqs) const {
    std::map<std::string, std::vector<Seq>> keys;
    for (const Seq seq : seqs) keys[at(seq).key].push_back(seq);
    return keys;
  }
  void flush(Reader& r) {
    for (const auto& [key, parts] : keys(r.collected))
      r.ready.push_back({parts.front(), parts.back(), 0, parts});
    std::sort(r.ready.begin(), r.ready.end(),
              [](const Taken& a, const Taken& b) { return a.last < b.last; });
    r.ready.front().missed = std::exchange(r.untold, 0);
    r.collected.clear();
  }

  const BusOptions options_;
  Seq tail_ = 1;
  int open_models_ = 0;
  bool closed_ = false;
  std::vector<Event> events_;
  std::deque<Seq> landmarks_;
  Seq gone_landmarks_ = 0;
  std::vector<std::unique_ptr<Reader>> readers_;
};

}  // namespace strandbus::test
