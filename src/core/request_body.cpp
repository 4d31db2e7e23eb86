// SPDX-License-Identifier: Apache-2.0
#include "request_body.hpp"

#include "text.hpp"

#include <array>

namespace here_tracking {

/// Is given a whole body, from its beginning, and keeps the part that was asked for.
class BodyPart {
 public:
  BodyPart(std::size_t offset, Span<char> into) : into_(into), wanted_(offset) {}

  void append(std::string_view piece) {
    if (wants(piece.size())) took(copy_text(after(piece, wanted_ - at_), into_));
    at_ += piece.size();
  }

  // Where it could not be read to its end, nothing that follows is wanted.
  void append(BodySource& source) {
    const std::size_t size = source.size();
    if (wants(size)) took(source.read(wanted_ - at_, into_));
    at_ += size;
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
    append("\"");
  }

  /// Of all that was given.
  [[nodiscard]] std::size_t size() const { return at_; }
  [[nodiscard]] std::size_t end() const { return wanted_; }

 private:
  [[nodiscard]] bool wants(std::size_t size) const {
    return !into_.empty() && wanted_ >= at_ && wanted_ - at_ < size;
  }
  void took(std::size_t size) {
    wanted_ += size;
    into_ = {into_.data() + size, into_.size() - size};
  }

  Span<char> into_;
  std::size_t wanted_;  // the next byte to keep, in the body
  std::size_t at_ = 0;
};

void ArrayBody::write(BodyPart& out) const {
  const char* separator = "[";
  for (const std::string_view object : objects_) {
    out.append({separator, 1});
    out.append(object);
    separator = ",";
  }
  out.append("]");
}

std::size_t ArrayBody::size() const {
  BodyPart nothing(0, {});
  write(nothing);
  return nothing.size();
}

std::size_t ArrayBody::read(std::size_t offset, Span<char> into) {
  BodyPart part(offset, into);
  write(part);
  return part.end() - offset;
}

void ObjectBody::write(BodyPart& out) const {
  out.append("{\"data\":");
  out.append(array_);
  out.append_member(R"(,"id":")", id_);
  out.append_member(R"(,"appId":")", app_id_);
  out.append("}");
}

std::size_t ObjectBody::size() const {
  BodyPart nothing(0, {});
  write(nothing);
  return nothing.size();
}

std::size_t ObjectBody::read(std::size_t offset, Span<char> into) {
  BodyPart part(offset, into);
  write(part);
  return part.end() - offset;
}

}  // namespace here_tracking
