// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/nmea.hpp"

#include "support/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

using here_tracking::Fix;
using here_tracking::NmeaParser;
using here_tracking::PositionType;

namespace {

std::string sentence(const std::string& body) {
  unsigned sum = 0;
  for (const char c : body) {
    sum ^= static_cast<unsigned char>(c);
  }
  const std::string digits = "0123456789ABCDEF";
  return "$" + body + "*" + digits[sum / 16] + digits[sum % 16] + "\r\n";
}

std::string rmc(const std::string& time = "120000", const std::string& date = "150326",
                const std::string& status = "A", const std::string& mode = "A") {
  return sentence("GPRMC," + time + "," + status + ",5231.2000,N,01324.3000,E,10.0,84.5," + date +
                  ",,," + mode);
}

std::string gga(const std::string& time = "120000", const std::string& quality = "1") {
  return sentence("GPGGA," + time + ",5231.2000,N,01324.3000,E," + quality +
                  ",08,1.2,35.5,M,39.5,M,,");
}

std::string gsa(const std::string& dimensions = "3", const std::string& talker = "GP") {
  return sentence(talker + "GSA,A," + dimensions + ",01,02,03,04,,,,,,,,,2.0,1.5,1.7");
}

std::string gst(const std::string& lat = "3.0", const std::string& lng = "4.0",
                const std::string& alt = "6.5") {
  return sentence("GPGST,120000,10,3,2,45," + lat + "," + lng + "," + alt);
}

std::optional<Fix> parse(const std::string& text) {
  NmeaParser parser;
  parser.feed(text);
  parser.finish();
  return parser.take_fix();
}

/// Each fix, as a program that polls after each byte sees them.
std::vector<Fix> parse_all(const std::string& text, NmeaParser& parser) {
  std::vector<Fix> fixes;
  for (const char& c : text) {
    parser.feed({&c, 1});
    if (const auto fix = parser.take_fix()) fixes.push_back(*fix);
  }
  parser.finish();
  if (const auto fix = parser.take_fix()) fixes.push_back(*fix);
  return fixes;
}

/// `path` is relative to the directory of the tests.
std::string read_log(const std::string& path) {
  const auto tests = std::filesystem::path(__FILE__).parent_path().parent_path();
  std::ifstream file(tests / path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::int64_t noon_ms = 1773576000000;  // 2026-03-15T12:00:00Z
constexpr std::int64_t day_ms = 86400000;

}  // namespace

TEST_CASE("RMC and GGA of one time become one fix with all that they say") {
  const auto fix = parse(rmc() + gga() + gsa());
  REQUIRE(fix);
  CHECK(fix->lat_deg_e7 == 525200000);
  CHECK(fix->lng_deg_e7 == 134050000);
  CHECK(fix->accuracy_mm == 6000);
  CHECK_FALSE(fix->confidence_percent);
  CHECK(fix->alt_mm == 75000);
  CHECK(fix->altaccuracy_mm == 17000U);
  CHECK(fix->heading_cdeg == 8450);
  CHECK(fix->speed_mm_s == 5144U);
  CHECK(fix->satellite_count == 8);
  CHECK(fix->type == PositionType::gnss);
  CHECK(fix->timestamp_ms == noon_ms);
}

TEST_CASE("RMC alone is enough for a fix") {
  const auto fix = parse(rmc());
  REQUIRE(fix);
  CHECK(fix->accuracy_mm == 25000);
  CHECK_FALSE(fix->alt_mm);
  CHECK_FALSE(fix->satellite_count);
  CHECK(fix->timestamp_ms == noon_ms);
}

TEST_CASE("GGA alone is enough for a fix, which then has no time") {
  const auto fix = parse(gga());
  REQUIRE(fix);
  CHECK(fix->lat_deg_e7 == 525200000);
  CHECK_FALSE(fix->timestamp_ms);
  CHECK_FALSE(fix->speed_mm_s);
  CHECK_FALSE(fix->heading_cdeg);
}

TEST_CASE("a fix is there as soon as the next epoch starts, and is taken once") {
  NmeaParser parser;
  parser.feed(rmc() + gga());
  CHECK_FALSE(parser.take_fix());
  parser.feed(rmc("120001"));
  const auto fix = parser.take_fix();
  REQUIRE(fix);
  CHECK(fix->timestamp_ms == noon_ms);
  CHECK_FALSE(parser.take_fix());
  CHECK(parser.stats().fixes == 1);
}

TEST_CASE("of several fixes that were not taken the newest is kept") {
  NmeaParser parser;
  parser.feed(rmc("120000") + rmc("120001") + rmc("120002"));
  parser.finish();
  CHECK(parser.take_fix()->timestamp_ms == noon_ms + 2000);
  CHECK(parser.stats().fixes == 3);
}

TEST_CASE("finish() starts a new stream, to which no date is carried over") {
  NmeaParser parser;
  parser.feed(rmc());
  parser.finish();
  REQUIRE(parser.take_fix()->timestamp_ms);
  parser.feed(gga());
  parser.finish();
  CHECK_FALSE(parser.take_fix()->timestamp_ms);
  CHECK(parser.stats().fixes == 2);
}

TEST_CASE("text may come in pieces of any size") {
  const std::string text = rmc() + gga() + gsa() + gst() + rmc("120001") + gga("120001");
  const auto whole = parse(text);
  REQUIRE(whole);
  for (std::size_t size = 1; size < 90; ++size) {
    NmeaParser parser;
    for (std::size_t at = 0; at < text.size(); at += size) {
      parser.feed(std::string_view(text).substr(at, size));
    }
    parser.finish();
    const auto fix = parser.take_fix();
    REQUIRE(fix);
    CHECK(fix->lat_deg_e7 == whole->lat_deg_e7);
    CHECK(fix->timestamp_ms == whole->timestamp_ms);
    CHECK(parser.stats().sentences == 6);
    CHECK(parser.stats().fixes == 2);
  }
}

TEST_CASE("GPS, GLONASS, Galileo, BeiDou and combined talkers count, others are passed over") {
  for (const std::string talker : {"GP", "GL", "GA", "GB", "GN"}) {
    CHECK(parse(sentence(talker + "RMC,120000,A,5231.2,N,01324.3,E,,,150326,,,A")));
  }
  for (const std::string talker : {"GQ", "II", "XP", "P"}) {
    CHECK_FALSE(parse(sentence(talker + "RMC,120000,A,5231.2,N,01324.3,E,,,150326,,,A")));
  }
  NmeaParser parser;
  parser.feed(sentence("GPGSV,1,1,01,02,79,194,31") + sentence("PUBX,00,1") + sentence("GPRMCX,1"));
  parser.finish();
  CHECK(parser.stats().sentences == 3);
  CHECK(parser.stats().fixes == 0);
}

TEST_CASE("a sentence without a right checksum does not count") {
  NmeaParser parser;
  SECTION("wrong") {
    parser.feed("$GPRMC,120000,A,5231.2,N,01324.3,E,,,150326,,,A*00\r\n");
  }
  SECTION("no hexadecimal digits") {
    parser.feed("$GPRMC,120000,A,5231.2,N*G0\r\n");
  }
  SECTION("none") {
    parser.feed("$GPRMC,120000,A,5231.2,N,01324.3,E,,,150326,,,A\r\n");
  }
  SECTION("cut off by the line end") {
    parser.feed("$GPRMC,120000,A,5231.2*7\r\n");
  }
  SECTION("cut off by the next sentence") {
    parser.feed("$GPRMC,1200" + gsa());
  }
  SECTION("cut off by the end of the stream") {
    parser.feed("$GPRMC,120000,A,5231.2,N*7");
  }
  parser.finish();
  CHECK(parser.stats().checksums_wrong == 1);
  CHECK(parser.stats().fixes == 0);
}

TEST_CASE("checksums may be in lower case, lines may end in LF, CR LF or not at all") {
  const std::string body = "$GPRMC,120000,A,5231.2000,N,01324.3000,E,10.0,8.5,150326,,,A";
  CHECK(parse(body + "*4C\r\n"));
  CHECK(parse(body + "*4c\n"));
  CHECK(parse(body + "*4c"));
}

TEST_CASE("what stands between sentences is skipped") {
  NmeaParser parser;
  const std::string ubx("\xb5\x62\x01\x07\x04\x00$\x01\x7f\xff*4", 12);
  const std::string noise = "$GP\x01\n$GP\x9c\n";
  const std::string rtcm("\xd3\x00\x13\x3e\xd0$ \x03", 8);
  parser.feed(ubx + rmc() + rtcm + "2026-03-15 12:00 price: $5\n" + gga() + ubx + noise + gsa());
  parser.finish();
  CHECK(parser.stats().sentences == 3);
  CHECK(parser.stats().checksums_wrong == 0);
  CHECK(parser.take_fix()->altaccuracy_mm == 17000U);
}

TEST_CASE("sentences longer than the limit are passed over, up to it they are taken") {
  NmeaParser parser;
  const std::string body = "GPRMC,120000,A,5231.2,N,01324.3,E,10.0,84.5,150326,,,A,";
  const std::size_t longest_body = NmeaParser::max_sentence_bytes - 3;
  parser.feed(sentence(body + std::string(longest_body - body.size(), 'x')));
  CHECK(parser.stats().sentences == 1);
  parser.feed(sentence(body + std::string(longest_body - body.size() + 1, 'x')));
  parser.feed("$" + std::string(100000, 'A'));
  parser.feed(sentence("GPTXT,1"));
  parser.finish();
  CHECK(parser.stats().sentences == 2);
  CHECK(parser.stats().checksums_wrong == 0);
}

TEST_CASE("there is no fix when either RMC or GGA says so") {
  CHECK_FALSE(parse(rmc("120000", "150326", "V", "N")));
  CHECK_FALSE(parse(rmc("120000", "150326", "V") + gga()));
  CHECK_FALSE(parse(gga() + rmc("120000", "150326", "V")));
  CHECK_FALSE(parse(rmc("120000", "150326", "A", "N") + gga()));
  CHECK_FALSE(parse(rmc() + gga("120000", "0")));
  CHECK_FALSE(parse(rmc() + sentence("GPGGA,120000,,,,,0,00,99.99,,,,,,")));
}

TEST_CASE("estimated, manual and simulated positions are no fixes, measured ones are") {
  for (const std::string mode : {"E", "M", "S"}) {
    CHECK_FALSE(parse(rmc("120000", "150326", "A", mode)));
  }
  for (const std::string mode : {"A", "D", "F", "P", "R", ""}) {
    CHECK(parse(rmc("120000", "150326", "A", mode)));
  }
  for (const std::string quality : {"6", "7", "8", "", "11", "x"}) {
    CHECK_FALSE(parse(gga("120000", quality)));
  }
  for (const std::string quality : {"1", "2", "3", "4", "5"}) {
    CHECK(parse(gga("120000", quality)));
  }
}

TEST_CASE("there is no fix when RMC and GGA are far apart") {
  const auto at = [](const std::string& lat, const std::string& lng) {
    return sentence("GPGGA,120000," + lat + ",N," + lng + ",1,08,1.2,35.5,M,39.5,M,,");
  };
  CHECK(parse(rmc() + at("5231.2100", "01324.3000,E")));
  CHECK_FALSE(parse(rmc() + at("5231.3000", "01324.3000,E")));
  CHECK_FALSE(parse(rmc() + at("5231.2000", "01324.4000,E")));
  CHECK_FALSE(parse(rmc() + at("5231.2000", "01324.3000,W")));
  // On either side of the 180th meridian they are close.
  const std::string west = sentence("GPRMC,120000,A,0000.0,N,17959.999,W,,,150326,,,A");
  CHECK(parse(west + at("0000.0", "17959.999,E")));
}

TEST_CASE("coordinates are rounded to 1e-7 degrees") {
  const auto lat = [](const std::string& text, const std::string& hemisphere) {
    const auto fix =
        parse(sentence("GPRMC,120000,A," + text + "," + hemisphere + ",00000.0,E,,,150326,,,A"));
    REQUIRE(fix);
    return fix->lat_deg_e7;
  };
  CHECK(lat("0000.000003", "N") == 1);  // 0.5e-7 degrees
  CHECK(lat("0000.0000029", "N") == 0);
  CHECK(lat("0000.000003", "S") == -1);
  CHECK(lat("5230.97754", "N") == 525162923);
  CHECK(lat("8959.9999999", "N") == 900000000);
  CHECK(lat("9000.0000", "S") == -900000000);
  CHECK(lat("0000", "N") == 0);
  CHECK(lat("4807", "N") == 481166667);
}

TEST_CASE("a position that is not one gives no fix") {
  const auto accepted = [](const std::string& position) {
    return parse(sentence("GPRMC,120000,A," + position + ",,,150326,,,A")).has_value();
  };
  CHECK(accepted("5231.2,N,18000.0,E"));
  CHECK_FALSE(accepted("5231.2,N,18000.1,E"));
  CHECK_FALSE(accepted("9000.1,N,01324.3,E"));
  CHECK_FALSE(accepted("9000.000006,N,01324.3,E"));
  CHECK_FALSE(accepted("5260.0,N,01324.3,E"));
  CHECK_FALSE(accepted("5231.2,X,01324.3,E"));
  CHECK_FALSE(accepted("5231.2,NS,01324.3,E"));
  CHECK_FALSE(accepted("5231.2,,01324.3,E"));
  CHECK_FALSE(accepted("5231.2,N,01324.3,N"));
  CHECK_FALSE(accepted("-231.2,N,01324.3,E"));
  CHECK_FALSE(accepted("52-1.2,N,01324.3,E"));
  CHECK_FALSE(accepted("52,N,01324.3,E"));
  CHECK_FALSE(accepted("52312,N,01324.3,E"));
  CHECK_FALSE(accepted("5231.2x,N,01324.3,E"));
  CHECK_FALSE(accepted("5231.2.0,N,01324.3,E"));
  CHECK_FALSE(accepted("523.12,N,01324.3,E"));
  CHECK_FALSE(accepted(",N,,E"));
}

TEST_CASE("accuracy comes from GST, else from HDOP, else is 25 m") {
  CHECK(parse(rmc() + gga() + gsa() + gst())->accuracy_mm == 5000);
  CHECK(parse(rmc() + gga() + gsa())->accuracy_mm == 6000);
  CHECK(parse(rmc() + gsa())->accuracy_mm == 7500);
  CHECK(parse(rmc())->accuracy_mm == 25000);
  SECTION("GST that gives no deviations, or only one, is not used") {
    CHECK(parse(rmc() + gga() + gst("", "", ""))->accuracy_mm == 6000);
    CHECK(parse(rmc() + gga() + gst("0.0", "0.0"))->accuracy_mm == 6000);
    CHECK(parse(rmc() + gga() + gst("3.0", ""))->accuracy_mm == 6000);
    CHECK(parse(rmc() + gga() + gst("3.0", "-4.0"))->accuracy_mm == 6000);
  }
  SECTION("GST of another time is not used") {
    CHECK(parse(gst() + rmc("120001") + gga("120001"))->accuracy_mm == 6000);
  }
  SECTION("the root is rounded down, and huge deviations are cut") {
    CHECK(parse(rmc() + gst("1.0", "1.0"))->accuracy_mm == 1414);
    CHECK(parse(rmc() + gst("1e3", "1.0"))->accuracy_mm == 25000);
    CHECK(parse(rmc() + gst("99999999999", "99999999999"))->accuracy_mm == 1414213562);
  }
}

TEST_CASE("altitude is above the ellipsoid, and only of a three-dimensional fix") {
  const auto with = [](const std::string& satellites, const std::string& altitude) {
    return sentence("GPGGA,120000,5231.2000,N,01324.3000,E,1," + satellites + ",1.2," + altitude +
                    ",,");
  };
  CHECK(parse(with("08", "35.5,M,39.5,M"))->alt_mm == 75000);
  CHECK(parse(with("08", "-430.5,M,-20.0,M"))->alt_mm == -450500);
  CHECK(parse(with("08", "0.0005,M,0.0004,M"))->alt_mm == 1);
  CHECK_FALSE(parse(with("08", "35.5,M,,M"))->alt_mm);
  CHECK_FALSE(parse(with("08", ",M,39.5,M"))->alt_mm);
  CHECK_FALSE(parse(with("08", "35.5,F,39.5,M"))->alt_mm);
  CHECK_FALSE(parse(with("08", "99999999999,M,39.5,M"))->alt_mm);
  SECTION("without GSA four satellites make it three-dimensional") {
    CHECK(parse(with("04", "35.5,M,39.5,M"))->alt_mm == 75000);
    CHECK_FALSE(parse(with("03", "35.5,M,39.5,M"))->alt_mm);
  }
  SECTION("GSA decides where there is one") {
    CHECK(parse(with("03", "35.5,M,39.5,M") + gsa("3"))->alt_mm == 75000);
    CHECK_FALSE(parse(with("08", "35.5,M,39.5,M") + gsa("2"))->alt_mm);
  }
  SECTION("its accuracy comes from GST, else from VDOP") {
    CHECK(parse(rmc() + gga() + gsa() + gst())->altaccuracy_mm == 6500U);
    CHECK(parse(rmc() + gga() + gsa())->altaccuracy_mm == 17000U);
    CHECK_FALSE(parse(rmc() + gga())->altaccuracy_mm);
    CHECK_FALSE(parse(rmc() + gga() + gsa("2") + gst())->altaccuracy_mm);
  }
}

TEST_CASE("of several GSA one without satellites does not take the dimension away") {
  const std::string none = sentence("GLGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99");
  for (const auto& text : {rmc() + gga() + gsa("3", "GN") + none, rmc() + gga() + none + gsa()}) {
    const auto fix = parse(text);
    CHECK(fix->alt_mm == 75000);
    CHECK(fix->altaccuracy_mm == 17000U);
  }
}

TEST_CASE("heading and speed come together, and only of a device that moves") {
  const auto moving = [](const std::string& knots, const std::string& course) {
    const auto fix = parse(
        sentence("GPRMC,120000,A,5231.2,N,01324.3,E," + knots + "," + course + ",150326,,,A"));
    REQUIRE(fix);
    CHECK(fix->speed_mm_s.has_value() == fix->heading_cdeg.has_value());
    return fix->speed_mm_s;
  };
  CHECK(moving("10.0", "84.5") == 5144U);
  CHECK(moving("1", "0") == 514U);
  CHECK(moving("1.749", "0") == 900U);  // 899.76
  CHECK(moving("0.970", "90.0") == std::nullopt);
  CHECK(moving("0.972", "90.0") == 500U);
  CHECK(moving("10.0", "") == std::nullopt);
  CHECK(moving("", "84.5") == std::nullopt);
  CHECK(moving("-10.0", "84.5") == std::nullopt);
  CHECK(moving("10.0", "360.01") == std::nullopt);
  CHECK(moving("10.0", "-1") == std::nullopt);
  CHECK(moving("10.0", "360.00") == 5144U);
}

TEST_CASE("the number of satellites is cut to 50 and left out when it is 0") {
  const auto count = [](const std::string& satellites) {
    return parse(sentence("GPGGA,120000,5231.2,N,01324.3,E,1," + satellites + ",1.2,,,,,,"))
        ->satellite_count;
  };
  CHECK(count("12") == 12);
  CHECK(count("77") == 50);
  CHECK(count("00") == std::nullopt);
  CHECK(count("") == std::nullopt);
}

TEST_CASE("times are read to the millisecond") {
  const auto time = [](const std::string& text) { return parse(rmc(text))->timestamp_ms; };
  CHECK(time("120000.5") == noon_ms + 500);
  CHECK(time("120000.123") == noon_ms + 123);
  CHECK(time("120000.9999") == noon_ms + 999);
  CHECK(time("120000.") == noon_ms);
  SECTION("however they are written, the same time is one epoch") {
    CHECK(parse(rmc("120000.000") + gga("120000"))->satellite_count == 8);
  }
  SECTION("a leap second is the first second of the next day") {
    CHECK(time("235960.25") == noon_ms + day_ms / 2 + 250);
  }
  SECTION("what is no time of day belongs to no epoch") {
    for (const std::string text :
         {"240000", "126000", "120060", "12000", "1200x0", "120000,5", "1200000", "120000.x"}) {
      CHECK_FALSE(parse(rmc(text)));
    }
  }
}

TEST_CASE("a receiver that does not know the time has no fix, and ends the epoch before") {
  NmeaParser parser;
  parser.feed(rmc());
  parser.feed(sentence("GPRMC,,V,,,,,,,,,,N"));
  CHECK(parser.stats().fixes == 1);
  parser.feed(gga(""));
  parser.finish();
  CHECK(parser.stats().fixes == 1);
}

TEST_CASE("dates are of the calendar, from 1980 to 2079") {
  const auto time = [](const std::string& date) {
    return parse(rmc("000000", date))->timestamp_ms;
  };
  CHECK(time("150326") == noon_ms - day_ms / 2);
  CHECK(time("010180") == 315532800000);
  CHECK(time("311299") == 946598400000);
  CHECK(time("010100") == 946684800000);
  CHECK(time("290200") == 951782400000);
  CHECK(time("010300") == 951868800000);
  CHECK(time("290224") == 1709164800000);
  CHECK(time("311279") == 3471206400000);
  for (const std::string date : {"290226", "310426", "000126", "320126", "150026", "151326", "",
                                 "1503", "15032026", "15x326"}) {
    const auto fix = parse(rmc("000000", date));
    REQUIRE(fix);
    CHECK_FALSE(fix->timestamp_ms);
  }
}

TEST_CASE("a day may begin between sentences") {
  NmeaParser parser;
  SECTION("GGA before RMC") {
    const auto fixes = parse_all(
        gga("235959") + rmc("235959", "311226") + gga("000000") + rmc("000000", "010127"), parser);
    REQUIRE(fixes.size() == 2);
    CHECK(*fixes[1].timestamp_ms - *fixes[0].timestamp_ms == 1000);
  }
  SECTION("without RMC") {
    const auto fixes = parse_all(rmc("235959", "311226") + gga("000000") + gga("000001"), parser);
    REQUIRE(fixes.size() == 3);
    CHECK(*fixes[1].timestamp_ms - *fixes[0].timestamp_ms == 1000);
    CHECK(*fixes[2].timestamp_ms - *fixes[1].timestamp_ms == 1000);
  }
  SECTION("a sentence that is late stays on its day") {
    const auto fixes = parse_all(rmc("000000", "010127") + gga("235959"), parser);
    REQUIRE(fixes.size() == 2);
    CHECK(*fixes[0].timestamp_ms - *fixes[1].timestamp_ms == 1000);
  }
}

TEST_CASE("the date of an RMC without a fix is not believed") {
  const auto fix = parse(rmc("120000", "060180", "V") + gga("120001"));
  REQUIRE(fix);
  CHECK_FALSE(fix->timestamp_ms);
}

TEST_CASE("recorded: a drive that loses its fix for six seconds") {
  NmeaParser parser;
  const auto fixes = parse_all(read_log("data/nmea/lost_fix.nmea"), parser);
  REQUIRE(fixes.size() == 18);
  CHECK(parser.stats().fixes == 18);
  CHECK(parser.stats().sentences == 175);
  CHECK(parser.stats().checksums_wrong == 0);
  for (std::size_t i = 1; i < fixes.size(); ++i) {
    CHECK(*fixes[i].timestamp_ms - *fixes[i - 1].timestamp_ms == (i == 10 ? 7000 : 1000));
  }
  CHECK(fixes[8].alt_mm);
  CHECK_FALSE(fixes[9].alt_mm);
  CHECK_FALSE(fixes[10].alt_mm);
  CHECK(fixes[10].satellite_count == 3);
  CHECK(fixes[11].alt_mm);
}

TEST_CASE("recorded: deviations from GST, south and west") {
  NmeaParser parser;
  const auto fixes = parse_all(read_log("data/nmea/gst.nmea"), parser);
  REQUIRE(fixes.size() == 12);
  CHECK(fixes[0].lat_deg_e7 == -346036100);
  CHECK(fixes[0].lng_deg_e7 == -583816403);
  CHECK(fixes[0].accuracy_mm == 5000);
  CHECK(fixes[0].altaccuracy_mm == 6500U);
  CHECK(fixes[0].alt_mm == 41400);
  CHECK(fixes[0].speed_mm_s == 6431U);
  CHECK(fixes[0].heading_cdeg == 27000);
}

TEST_CASE("recorded: four constellations, into March") {
  NmeaParser parser;
  const auto fixes = parse_all(read_log("data/nmea/multi_constellation.nmea"), parser);
  REQUIRE(fixes.size() == 12);
  CHECK(fixes[0].satellite_count == 18);
  CHECK(fixes[0].accuracy_mm == 3100);
  CHECK(fixes[0].altaccuracy_mm == 10200U);
  CHECK(fixes[9].timestamp_ms == 1772323199000);
  CHECK(fixes[10].timestamp_ms == 1772323200000);
}

TEST_CASE("recorded: damaged sentences") {
  NmeaParser parser;
  const auto fixes = parse_all(read_log("data/nmea/wrong_checksums.nmea"), parser);
  CHECK(fixes.size() == 7);
  CHECK(parser.stats().checksums_wrong == 10);
  CHECK(parser.stats().sentences == 14);
}

TEST_CASE("recorded: over midnight into a new year, its first RMC missing") {
  NmeaParser parser;
  const auto fixes = parse_all(read_log("data/nmea/midnight.nmea"), parser);
  REQUIRE(fixes.size() == 7);
  for (std::size_t i = 0; i < fixes.size(); ++i) {
    CHECK(fixes[i].timestamp_ms == 1830297597000 + 1000 * static_cast<std::int64_t>(i));
  }
}

TEST_CASE("the example's drive ends with a complete fix") {
  NmeaParser parser;
  parser.feed(read_log("../examples/data/drive.nmea"));
  parser.finish();
  CHECK(parser.stats().sentences == 300);
  CHECK(parser.stats().checksums_wrong == 0);
  CHECK(parser.stats().fixes == 60);
  const auto fix = parser.take_fix();
  REQUIRE(fix);
  CHECK(fix->timestamp_ms == 1778052659000);
  CHECK(fix->alt_mm);
  CHECK(fix->altaccuracy_mm);
  CHECK(fix->speed_mm_s);
  CHECK(fix->satellite_count == 12);
}
