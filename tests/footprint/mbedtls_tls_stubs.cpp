// SPDX-License-Identifier: Apache-2.0

// What MbedtlsTransport asks of mbedTLS beside what stands in mbedtls_stubs.cpp.
#define HERE_TRACKING_STUB(name) \
  extern "C" int name() {        \
    return 0;                    \
  }

HERE_TRACKING_STUB(mbedtls_calloc)
HERE_TRACKING_STUB(mbedtls_free)
HERE_TRACKING_STUB(mbedtls_memory_buffer_alloc_free)
HERE_TRACKING_STUB(mbedtls_memory_buffer_alloc_init)
HERE_TRACKING_STUB(mbedtls_ssl_close_notify)
HERE_TRACKING_STUB(mbedtls_ssl_conf_authmode)
HERE_TRACKING_STUB(mbedtls_ssl_conf_ca_chain)
HERE_TRACKING_STUB(mbedtls_ssl_conf_max_version)
HERE_TRACKING_STUB(mbedtls_ssl_conf_min_version)
HERE_TRACKING_STUB(mbedtls_ssl_conf_rng)
HERE_TRACKING_STUB(mbedtls_ssl_conf_verify)
HERE_TRACKING_STUB(mbedtls_ssl_config_defaults)
HERE_TRACKING_STUB(mbedtls_ssl_config_free)
HERE_TRACKING_STUB(mbedtls_ssl_config_init)
HERE_TRACKING_STUB(mbedtls_ssl_free)
HERE_TRACKING_STUB(mbedtls_ssl_get_session)
HERE_TRACKING_STUB(mbedtls_ssl_get_verify_result)
HERE_TRACKING_STUB(mbedtls_ssl_handshake)
HERE_TRACKING_STUB(mbedtls_ssl_init)
HERE_TRACKING_STUB(mbedtls_ssl_read)
HERE_TRACKING_STUB(mbedtls_ssl_session_free)
HERE_TRACKING_STUB(mbedtls_ssl_session_init)
HERE_TRACKING_STUB(mbedtls_ssl_session_load)
HERE_TRACKING_STUB(mbedtls_ssl_session_save)
HERE_TRACKING_STUB(mbedtls_ssl_set_bio)
HERE_TRACKING_STUB(mbedtls_ssl_set_hostname)
HERE_TRACKING_STUB(mbedtls_ssl_set_session)
HERE_TRACKING_STUB(mbedtls_ssl_setup)
HERE_TRACKING_STUB(mbedtls_ssl_write)
HERE_TRACKING_STUB(mbedtls_x509_crt_free)
HERE_TRACKING_STUB(mbedtls_x509_crt_init)
HERE_TRACKING_STUB(mbedtls_x509_crt_parse)
HERE_TRACKING_STUB(mbedtls_x509_crt_parse_der_nocopy)
