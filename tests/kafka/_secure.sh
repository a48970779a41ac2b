# SPDX-License-Identifier: BSD-3-Clause
# The broker's listeners that ask who comes: SASL/SCRAM, mutual TLS and SASL/PLAIN, all over TLS; sourced after _broker.sh.
# Certificates are made for the test, in $TLS, where junction-export may read them.
TLS=$TMP/tls
SCRAM_PORT=9094 MUTUAL_PORT=9095 PLAIN_PORT=9096
SCRAM_PASSWORD=scram-$RANDOM$RANDOM PLAIN_PASSWORD=plain-$RANDOM$RANDOM

authority() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$1" -keyout "$TLS/$1.key" -out "$TLS/$1.pem" 2>/dev/null
}
# certificate NAME: signed by the authority `ca`, for the broker's address.
certificate() {
    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$TLS/$1.key" -out "$TLS/$1.csr" 2>/dev/null
    openssl x509 -req -days 2 -in "$TLS/$1.csr" -CA "$TLS/ca.pem" -CAkey "$TLS/ca.key" -CAcreateserial -out "$TLS/$1.pem" \
        -extfile <(printf 'subjectAltName=DNS:localhost,IP:127.0.0.1') 2>/dev/null
}
secure_broker() {
    local listeners
    mkdir "$TLS"
    authority ca
    authority stranger
    certificate broker
    certificate client
    cat "$TLS/broker.key" "$TLS/broker.pem" >"$TLS/broker-both.pem"
    ! id -u junction-export >/dev/null 2>&1 || chown -R junction-export: "$TLS"
    listeners=PLAINTEXT://127.0.0.1:$BROKER_PORT,SCRAM://127.0.0.1:$SCRAM_PORT,MUTUAL://127.0.0.1:$MUTUAL_PORT,PLAIN://127.0.0.1:$PLAIN_PORT
    BROKER_FORMAT=(--add-scram "SCRAM-SHA-512=[name=junction,password=$SCRAM_PASSWORD]")
    BROKER_MORE="listeners=CONTROLLER://127.0.0.1:$((BROKER_PORT + 1)),$listeners
advertised.listeners=$listeners
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_SSL,MUTUAL:SSL,PLAIN:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$TLS/broker-both.pem
ssl.truststore.type=PEM
ssl.truststore.location=$TLS/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.plain.sasl.enabled.mechanisms=PLAIN
listener.name.plain.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_junction=\"$PLAIN_PASSWORD\";"
}
