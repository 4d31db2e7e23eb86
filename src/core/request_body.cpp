// SPDX-License-Identifier: Apache-2.0
#include "request_body.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>

namespace here_tracking {

/// Is given a whole body, from its beginning, and keeps the part that was asked for.
class BodyPart {
 public:
  BodyPart(std::size_t offset, Span<char> into) : into_(into), skip_(offset) {}
  /// For the size alone.
  BodyPart() : skip_(everything) {}

  void append(std::string_view piece) {
    piece.remove_prefix(skip(piece.size()));
    took(copy_text(piece, into_));
  }

  void append(char c) { append({&c, 1}); }

  void append(BodySource& source) {
    const std::size_t size = source.size();
    const std::size_t skipped = skip(size);
    const std::size_t wanted = std::min(size - skipped, into_.size());
    if (wanted == 0) return;
    const std::size_t count = source.read(skipped, into_);
    took(count);
    // Where it could not be read to its end, nothing that follows is wanted.
    if (count < wanted) skip_ = everything;
  }

  void append_member(std::string_view start, std::string_view value) {
    if (value.empty()) return;
    append(start);
    for (const char& c : value) {
      std::array<char, 6> memory{};
      TextBuilder escaped(memory);
      if (static_cast<unsigned char>(c) < 0x20) {
        escaped.append("\\u00");
        escaped.append_hex(static_cast<std::uint8_t>(c));
      } else {
        if (c == '"' || c == '\\') escaped.append('\\');
        escaped.append(c);
      }
      append(escaped.text());
    }
    append('"');
  }

  [[nodiscard]] std::size_t taken() const { return taken_; }
  /// Of all that was given, if it was for that.
  [[nodiscard]] std::size_t skipped() const { return everything - skip_; }

 private:
  static constexpr std::size_t everything = static_cast<std::size_t>(-1);

  std::size_t skip(std::size_t size) {
    const std::size_t skipped = std::min(size, skip_);
    skip_ -= skipped;
    return skipped;
  }
  void took(std::size_t size) {
    taken_ += size;
    into_ = {into_.data() + size, into_.size() - size};
  }

  Span<char> into_;
  std::size_t skip_;  // so much yet, before what is kept
  std::size_t taken_ = 0;
};

std::size_t ArrayBody::size() const {
  std::size_t size = 1;
  for (const std::string_view object : objects_)
    size += 1 + object.size();
  return size;
}

std::size_t ArrayBody::read(std::size_t offset, Span<char> into) {
  std::size_t taken = 0;
  for (std::size_t i = 0; i <= objects_.size() && taken < into.size(); ++i) {
    // What stands before an object, and then that; at the end there is none.
    const bool is_end = i == objects_.size();
    const std::string_view object = is_end ? std::string_view() : objects_[i];
    char c = is_end ? ']' : i == 0 ? '[' : ',';
    for (std::size_t next = 0;; ++next) {
      if (offset != 0) {
        --offset;
      } else if (taken < into.size()) {
        into[taken++] = c;
      }
      if (next == object.size()) break;
      c = object[next];
    }
  }
  return taken;
}

void ObjectBody::write(BodyPart& out) const {
  out.append("{\"data\":");
  out.append(array_);
  out.append_member(R"(,"id":")", id_);
  out.append_member(R"(,"appId":")", app_id_);
  out.append('}');
}

std::size_t ObjectBody::size() const {
  BodyPart nothing;
  write(nothing);
  return nothing.skipped();
}

std::size_t ObjectBody::read(std::size_t offset, Span<char> into) {
  BodyPart part(offset, into);
  write(part);
  return part.taken();
}

}  // namespace here_tracking
