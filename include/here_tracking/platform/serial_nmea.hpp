// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/log.hpp"
#include "here_tracking/hooks/position.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace here_tracking {

/// Speeds of a serial port that SerialNmeaSource can set, in bit/s.
inline constexpr std::uint32_t serial_speeds_baud[] = {4800,   9600,   19200,  38400, 57600,
                                                       115200, 230400, 460800, 921600};

/// Position from a GNSS receiver at a serial port (UART, USB CDC-ACM, Bluetooth rfcomm) that
/// speaks NMEA 0183, without gpsd. The text is read as NmeaParser has it: see there for accuracy,
/// altitude, heading and the time of a fix.
///
/// Each read() opens the port and closes it: raw, 8 data bits, no parity, 1 stop bit, no flow
/// control, no hang-up when it is closed, locked meanwhile against other programs (flock(2),
/// TIOCEXCL). So a receiver that is unplugged and plugged in again between two reads keeps its
/// name.
///
/// A fix is of the time of the call. What waited in the buffers of kernel and adapter is thrown
/// away or recognised: it comes faster than the times in it allow, so a fix counts when it came at
/// least half as long after the one before it as the receiver's own time says (without a date:
/// 50 ms). The first fix of a call therefore never counts; it may have been cut in two, too. At one
/// fix a second read() takes two to three seconds.
class SerialNmeaSource final : public PositionSource {
 public:
  /// @param device "/dev/ttyACM0", "/dev/serial0". A link of /dev/serial/by-id keeps its name.
  /// @param speed_baud one of serial_speeds_baud. USB receivers take any.
  /// @param log borrowed, may be nullptr; told why the receiver cannot be read, once a change.
  SerialNmeaSource(std::string device, std::uint32_t speed_baud = 9600, Log* log = nullptr);
  ~SerialNmeaSource();

  /// @return ok; no_data (NMEA arrives, but no fix within the time); hook_failed (not there, not
  ///         permitted, used by another program, no serial port, a speed that is not in the list,
  ///         unplugged; nothing arrives, or what arrives is no NMEA, as with a wrong speed).
  Status read(Fix& fix, std::uint32_t timeout_ms) override;

 private:
  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace here_tracking
