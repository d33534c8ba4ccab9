#include "server/chunk_buffer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace strandbus {
namespace {

using detail::ChunkBuffer;

TEST(ChunkBuffer, FramesATextInPlace) {
  ChunkBuffer buffer(ChunkBuffer::Framing::chunked);
  EXPECT_TRUE(buffer.empty());
  buffer.text() += "hello";
  EXPECT_EQ(buffer.framed(), "5\r\nhello\r\n");
  buffer.clear();
  buffer.text() += std::string(0x12c, 'x');
  EXPECT_EQ(buffer.framed(), "12c\r\n" + std::string(0x12c, 'x') + "\r\n");
  EXPECT_EQ(buffer.last(), "0\r\n\r\n");
}

TEST(ChunkBuffer, LeavesTheTextAloneForOldClients) {
  ChunkBuffer buffer(ChunkBuffer::Framing::plain);
  buffer.text() += "hello";
  EXPECT_EQ(buffer.framed(), "hello");
  EXPECT_EQ(buffer.last(), "");
}

TEST(ChunkBuffer, GivesBackTheRoomOfALargeText) {
  ChunkBuffer buffer(ChunkBuffer::Framing::chunked);
  buffer.text() += std::string(100000, 'x');
  buffer.framed();
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  EXPECT_LE(buffer.text().capacity(), 1024U);
}

}  // namespace
}  // namespace strandbus
