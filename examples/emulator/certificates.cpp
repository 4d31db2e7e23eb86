// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace emulator {
namespace {

namespace fs = std::filesystem;

constexpr long day_s = 24 * 60 * 60;
constexpr long ca_lifetime_s = 3652 * day_s;
constexpr long server_lifetime_s = 397 * day_s;

template <typename T, void (*release)(T*)>
struct Releaser {
  void operator()(T* object) const { release(object); }
};
using Certificate = std::unique_ptr<X509, Releaser<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Releaser<EVP_PKEY, EVP_PKEY_free>>;
struct FileCloser {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

struct Identity {
  Certificate certificate;
  Key key;
};

[[noreturn]] void fail(const fs::path& path, const std::string& what) {
  throw std::runtime_error(path.string() + ": " + what);
}

void require(bool success) {
  if (!success) throw std::runtime_error("OpenSSL could not make a certificate");
}

// Keeps emulators that start at the same time from making two certificate authorities.
class DirectoryLock {
 public:
  explicit DirectoryLock(const fs::path& directory) {
    const fs::path path = directory / "lock";
    fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd_ < 0 || ::flock(fd_, LOCK_EX) != 0) {
      const std::string reason = std::strerror(errno);
      if (fd_ >= 0) ::close(fd_);
      fail(path, reason + ": choose a writable --state-dir");
    }
  }
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock() { ::close(fd_); }

 private:
  int fd_ = -1;
};

template <typename Write>
void write_file(const fs::path& path, mode_t mode, Write write) {
  const fs::path temporary = path.string() + ".new";
  ::unlink(temporary.c_str());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0) fail(temporary, std::strerror(errno));
  File file(::fdopen(fd, "w"));
  if (!file || !write(file.get()) || std::fflush(file.get()) != 0) {
    fail(temporary, "could not be written");
  }
  file.reset();
  if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, std::strerror(errno));
}

void save(const Identity& identity, const fs::path& certificate, const fs::path& key) {
  write_file(key, 0600, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr) ==
           1;
  });
  write_file(certificate, 0644, [&](std::FILE* file) {
    return PEM_write_X509(file, identity.certificate.get()) == 1;
  });
}

Identity load(const fs::path& certificate, const fs::path& key) {
  struct stat status {};
  if (::stat(key.c_str(), &status) == 0 && (status.st_mode & 0077U) != 0) {
    fail(key, "can be read by others: chmod 600 it");
  }
  Identity identity;
  if (const File file{std::fopen(certificate.c_str(), "r")}) {
    identity.certificate.reset(PEM_read_X509(file.get(), nullptr, nullptr, nullptr));
  }
  if (const File file{std::fopen(key.c_str(), "r")}) {
    identity.key.reset(PEM_read_PrivateKey(file.get(), nullptr, nullptr, nullptr));
  }
  if (!identity.certificate || !identity.key ||
      X509_check_private_key(identity.certificate.get(), identity.key.get()) != 1) {
    fail(certificate, "is no certificate that belongs to " + key.string() +
                          ": remove both to have them made anew");
  }
  return identity;
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509V3_set_ctx_nodb(&context);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  require(extension != nullptr);
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  require(added);
}

struct Wanted {
  const char* common_name;
  const char* alternative_names;  // nullptr: a certificate authority
  long begin_s;                   // relative to now
  long end_s;
};

Identity make(const Wanted& wanted, const Identity* issuer) {
  Identity made{Certificate(X509_new()), Key(EVP_EC_gen("P-256"))};
  require(made.certificate && made.key);
  X509* certificate = made.certificate.get();
  X509* issuer_certificate = issuer == nullptr ? certificate : issuer->certificate.get();
  EVP_PKEY* issuer_key = issuer == nullptr ? made.key.get() : issuer->key.get();

  unsigned char serial[16];
  require(RAND_bytes(serial, sizeof serial) == 1);
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3FU) | 0x40U);
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  const bool numbered = number != nullptr &&
                        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  require(numbered && X509_set_version(certificate, X509_VERSION_3) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(certificate), wanted.begin_s) != nullptr &&
          X509_gmtime_adj(X509_getm_notAfter(certificate), wanted.end_s) != nullptr &&
          X509_set_pubkey(certificate, made.key.get()) == 1);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(wanted.common_name), -1,
                                     -1, 0) == 1 &&
          X509_set_issuer_name(certificate, X509_get_subject_name(issuer_certificate)) == 1);

  add_extension(certificate, issuer_certificate, NID_subject_key_identifier, "hash");
  add_extension(certificate, issuer_certificate, NID_authority_key_identifier, "keyid:always");
  if (wanted.alternative_names == nullptr) {
    add_extension(certificate, issuer_certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, issuer_certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  } else {
    add_extension(certificate, issuer_certificate, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(certificate, issuer_certificate, NID_key_usage, "critical,digitalSignature");
    add_extension(certificate, issuer_certificate, NID_ext_key_usage, "serverAuth");
    add_extension(certificate, issuer_certificate, NID_subject_alt_name, wanted.alternative_names);
  }
  require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
  return made;
}

bool is_usable_for_a_day(const Identity& server, const Identity* issuer) {
  if (issuer != nullptr && X509_verify(server.certificate.get(), issuer->key.get()) != 1) {
    return false;
  }
  time_t tomorrow = time(nullptr) + day_s;
  return X509_cmp_time(X509_get0_notAfter(server.certificate.get()), &tomorrow) > 0;
}

}  // namespace

CertificateFiles prepare_certificates(const fs::path& directory, const std::string& kind) {
  std::error_code error;
  const bool is_new = fs::create_directories(directory, error);
  if (error) fail(directory, error.message() + ": choose a writable --state-dir");
  if (is_new) fs::permissions(directory, fs::perms::owner_all, error);
  const DirectoryLock lock(directory);

  const fs::path base = fs::absolute(directory);
  const fs::path ca_key = base / "ca.key";
  CertificateFiles files{base / "ca.pem", base / ("server-" + kind + ".pem"),
                         base / ("server-" + kind + ".key")};
  if (!fs::exists(files.ca) && !fs::exists(ca_key)) {
    save(make({"HERE Tracking emulator CA", nullptr, -day_s, ca_lifetime_s}, nullptr), files.ca,
         ca_key);
  }
  const Identity ca = load(files.ca, ca_key);
  const Identity* issuer = kind == "self-signed" ? nullptr : &ca;
  const bool is_expired_kind = kind == "expired";
  if (fs::exists(files.certificate) && fs::exists(files.key)) {
    const Identity server = load(files.certificate, files.key);
    if (!is_expired_kind && is_usable_for_a_day(server, issuer)) return files;
  }
  Wanted wanted{"localhost", "DNS:localhost,IP:127.0.0.1,IP:::1", -day_s, server_lifetime_s};
  if (is_expired_kind) {
    wanted.begin_s = -30 * day_s;
    wanted.end_s = -day_s;
  }
  if (kind == "wrong-host") {
    wanted.common_name = "wrong-host.test";
    wanted.alternative_names = "DNS:wrong-host.test";
  }
  save(make(wanted, issuer), files.certificate, files.key);
  return files;
}

}  // namespace emulator
