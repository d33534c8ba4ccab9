#include "load/rounds.hpp"

#include <algorithm>
#include <thread>

namespace strandbus::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double paced_deliveries_per_second = 30'000;
constexpr std::chrono::milliseconds least_gap(20);

double median_of(const std::vector<Round>& rounds, double Round::*figure) {
  std::vector<double> values;
  for (const Round& round : rounds) values.push_back(round.*figure);
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

void add(Arrivals& sum, const Arrivals& more) {
  sum.deliveries += more.deliveries;
  sum.delays_us.insert(sum.delays_us.end(), more.delays_us.begin(), more.delays_us.end());
  sum.last = std::max(sum.last, more.last);
}

}  // namespace

Round median_of(const std::vector<Round>& rounds) {
  return {median_of(rounds, &Round::deliveries_per_second), median_of(rounds, &Round::p50_ms),
          median_of(rounds, &Round::p99_ms)};
}

Round Stage::burst(const Crowd& crowd, std::size_t events) {
  return publish(crowd, events, std::chrono::nanoseconds(0));
}

Round Stage::paced(const Crowd& crowd, std::size_t events) {
  std::size_t readers = 0;
  for (const Readers* const each : crowd) readers += each->size();
  const std::chrono::duration<double> gap(double(readers) / paced_deliveries_per_second);
  return publish(crowd, events,
                 std::max<std::chrono::nanoseconds>(
                     least_gap, std::chrono::duration_cast<std::chrono::nanoseconds>(gap)));
}

void Stage::fill(std::size_t events) {
  std::string lines;
  for (std::size_t i = 0; i < events; ++i) lines += make_event(++last_) + '\n';
  Publisher(target_).publish(lines);
}

Round Stage::publish(const Crowd& crowd, std::size_t events, std::chrono::nanoseconds gap) {
  for (Readers* const each : crowd) each->take_arrivals();
  Publisher publisher(target_);
  const Clock::time_point start = Clock::now();
  for (std::size_t i = 0; i < events; ++i) {
    std::this_thread::sleep_until(start + gap * static_cast<std::int64_t>(i));
    publisher.publish(make_event(++last_));
  }
  Arrivals all;
  for (Readers* const each : crowd) {
    each->wait_for(last_);
    add(all, each->take_arrivals());
  }
  const std::chrono::duration<double> passed = all.last - start;
  constexpr double us_per_ms = 1000;
  return {double(all.deliveries) / passed.count(), percentile_us(all.delays_us, 0.5) / us_per_ms,
          percentile_us(all.delays_us, 0.99) / us_per_ms};
}

}  // namespace strandbus::load
