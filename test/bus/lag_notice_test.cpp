// B12: where it is asked for, the bus itself tells that a reader has begun to miss events.

#include "bus/reading.hpp"

#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace strandbus {
namespace {

using test::publish_tokens;
using test::read_deliveries;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

struct B12LagNotice : testing::Test {
  asio::io_context io;
  EventBus bus{io.get_executor(), options(true)};
  std::vector<StreamEvent> notices;
  Subscription subscription{
      bus.subscribe([this](const StreamEvent& event) { notices.push_back(event); },
                    {.filter = Filter().types({EventType::system_notice})})};

  static BusOptions options(bool lag_notices) {
    BusOptions options = test::history_of(4);
    options.lag_notices = lag_notices;
    return options;
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

TEST_F(B12LagNotice, NamesTheReaderAndWhatItMissed) {
  EventStream stream = bus.stream({.name = "web"});
  publish_tokens(bus, 10);
  stream.try_next();
  poll();

  ASSERT_THAT(notices, SizeIs(1));
  const auto* notice = notices[0].get_if<SystemNotice>();
  EXPECT_EQ(notice->subsystem, "bus");
  EXPECT_THAT(notice->message, HasSubstr("\"web\""));
  EXPECT_EQ(notice->data, (json::value{{"reader", "web"}, {"missed", 6U}}));
}

TEST_F(B12LagNotice, ComesOnceUntilTheReaderHasCaughtUp) {
  EventStream stream = bus.stream();
  for (int i = 0; i < 3; ++i) {
    publish_tokens(bus, 10);
    stream.try_next();
    poll();
  }
  EXPECT_THAT(notices, SizeIs(1));

  read_deliveries(stream);
  publish_tokens(bus, 10);
  stream.try_next();
  poll();
  EXPECT_THAT(notices, SizeIs(2));
}

TEST_F(B12LagNotice, IsNotPublishedInsideTheReadersCall) {
  EventStream stream = bus.stream();
  publish_tokens(bus, 10);
  stream.try_next();

  EXPECT_THAT(notices, IsEmpty());
}

TEST_F(B12LagNotice, DoesNotComeForAReaderThatMissesNothing) {
  EventStream blocking = bus.stream({.overflow = Overflow::block});
  EventStream quick = bus.stream();
  for (int i = 0; i < 10; ++i) {
    publish_tokens(bus, 3);
    read_deliveries(quick);
  }
  read_deliveries(blocking);
  poll();

  EXPECT_THAT(notices, IsEmpty());
}

TEST_F(B12LagNotice, IsOffUnlessAskedFor) {
  EventBus silent(io.get_executor(), options(false));
  EventStream stream = silent.stream();
  publish_tokens(silent, 10);
  stream.try_next();
  poll();

  EXPECT_EQ(silent.stats().published, 10U);
}

TEST_F(B12LagNotice, IsDroppedWithTheBus) {
  auto other = std::make_unique<EventBus>(io.get_executor(), options(true));
  EventStream stream = other->stream();
  publish_tokens(*other, 10);
  stream.try_next();
  other.reset();
  stream = EventStream();
  poll();
}

}  // namespace
}  // namespace strandbus
