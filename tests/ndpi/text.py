# SPDX-License-Identifier: BSD-3-Clause
"""Protocols that speak in lines."""
from frames import down, h, tcp, udp, up


def http(*lines):
    return "\r\n".join(lines + ("", ""))


WEB = http("GET /index.html HTTP/1.1", "Host: www.junction.example", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)",
           "Accept: */*")
AGAIN = {"client_port": 41000, "source": "10.128.9.9", "to": "198.18.9.9"}
SOAP = '<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body/></s:Envelope>'
SOAP_LONG = SOAP.replace("<s:Body/>", "<s:Body>" + "x" * 300 + "</s:Body>")


def mail():
    return [
        tcp("SMTP", 25, down("220 mail.junction.example ESMTP ready\r\n"), up("EHLO device.junction.example\r\n"),
            down("250-mail.junction.example\r\n250 SIZE 1000000\r\n"), up("MAIL FROM:<a@junction.example>\r\n"),
            down("250 2.1.0 Ok\r\n"), up("RCPT TO:<b@junction.example>\r\n"), down("250 2.1.5 Ok\r\n"), up("DATA\r\n"),
            down("354 End data with <CR><LF>.<CR><LF>\r\n"), up("Subject: x\r\n\r\nbody\r\n.\r\n"),
            name="mail.junction.example"),
        tcp("POP3", 110, down("+OK POP3 ready\r\n"), up("USER someone\r\n"), down("+OK\r\n"), up("PASS something\r\n"),
            down("+OK logged in\r\n"), up("STAT\r\n"), down("+OK 2 320\r\n"), up("QUIT\r\n")),
        tcp("IMAP", 143, down("* OK IMAP4rev1 ready\r\n"), up("a001 LOGIN someone something\r\n"),
            down("a001 OK LOGIN completed\r\n"), up("a002 SELECT INBOX\r\n"), down("* 18 EXISTS\r\n"),
            up("a003 FETCH 12 FULL\r\n"), down("a003 OK FETCH completed\r\n")),
        tcp("Usenet", 119, down("200 news.junction.example ready\r\n"), up("MODE READER\r\n"), down("200 posting allowed\r\n")),
    ]


def files():
    return [
        tcp("FTP_CONTROL", 21, down("220 FTP server ready\r\n"), up("USER someone\r\n"), down("331 Password required\r\n"),
            up("PASS something\r\n"), down("230 Logged in\r\n"), up("PWD\r\n"), down('257 "/"\r\n')),
        tcp("FTP_DATA", 50020, down("drwxr-xr-x 2 root root 4096 Jan 1 00:00 documents\r\n" * 3)),
        tcp("RSYNC", 873, down("@RSYNCD: 31\n"), up("@RSYNCD: 31\n"), up("module\n")),
        tcp("Git", 9418, up("0035git-upload-pack /x.git\0host=git.junction.example\0")),
        udp("TFTP", 69, up(h("0001"), "image.bin\0octet\0")),
    ]


def web():
    return [
        tcp("HTTP", 80, up(WEB), down(http("HTTP/1.1 200 OK", "Server: nginx", "Content-Type: text/html",
                                           "Content-Length: 5"), "hello"), name="www.junction.example"),
        tcp("HTTP", 8080, up(http("POST /form HTTP/1.1", "Host: api.junction.example", "User-Agent: curl/8.0",
                                  "Content-Length: 3"), "a=b"), down(http("HTTP/1.1 404 Not Found", "Content-Length: 0")),
            name="api.junction.example"),
        tcp("HTTP_Connect", 8080, up(http("CONNECT www.junction.example:443 HTTP/1.1", "Host: www.junction.example:443",
                                          "User-Agent: curl/8.0")), down(http("HTTP/1.1 200 Connection established"))),
        tcp("HTTP.HTTP_Proxy", 8080, up(http("GET http://www.junction.example/ HTTP/1.1", "Host: www.junction.example",
                                        "User-Agent: curl/8.0")), down(http("HTTP/1.1 200 OK", "Content-Length: 0"))),
        # Behind an acknowledgement alone it is asked for its server's name, and not for the host's any more.
        tcp("HTTP.ntop", 80, up(http("GET /lua HTTP/1.1", "Host: www.google.com", "User-Agent: Mozilla/5.0 (X11; Linux x86_64)")),
            down(""), down(http("HTTP/1.1 302 Found", "Server: ntopng 5.0 (x86_64)", "Content-Type: text/html",
                                "Content-Length: 0")), name="www.google.com"),
        # Known by an end that did not begin: what begins with XML after a SYN is FTP's.
        tcp("SOAP", 9091, up(SOAP_LONG), down(SOAP_LONG), up(SOAP_LONG), down(SOAP_LONG), up(SOAP_LONG), late=True),
        tcp("SOAP", 9090, up(SOAP), down(SOAP), up(SOAP), down(SOAP), up(SOAP)),
        tcp("HTTP", 631, up(http("POST /printers/one HTTP/1.1", "Host: printer.junction.example:631",
                                "Content-Type: application/ipp", "Content-Length: 8"), h("0101000b00000001")),
            name="printer.junction.example"),
        tcp("WebSocket", 9001, up(h("8105"), "Hello"), down(h("8105"), "Hello")),
        tcp("HTTP.OCSP", 80, up(http("POST / HTTP/1.1", "Host: ocsp.junction.example", "Content-Type: application/ocsp-request",
                                "Content-Length: 4"), h("30023000"))),
        udp("SSDP", 1900, up(http("M-SEARCH * HTTP/1.1", "HOST: 239.255.255.250:1900", 'MAN: "ssdp:discover"', "MX: 1",
                                  "ST: ssdp:all")), to="239.255.255.250"),
        tcp("IceCast", 8000, up(http("SOURCE /live HTTP/1.0", "ice-name: radio", "Content-Type: audio/mpeg"))),
        tcp("ShoutCast", 8000, up("123456\r\n"), down("OK2\r\nicy-caps:11\r\n\r\n"), up("icy-name:radio\r\nicy-br:128\r\n")),
    ]


def talk():
    sip = http("REGISTER sip:junction.example SIP/2.0", "Via: SIP/2.0/UDP 10.128.0.1:5060;branch=z9hG4bK1", "To: <sip:a@b>",
               "From: <sip:a@b>;tag=1", "Call-ID: 1@b", "CSeq: 1 REGISTER", "Content-Length: 0")
    return [
        udp("SIP", 5060, up(sip), down(http("SIP/2.0 200 OK", "CSeq: 1 REGISTER", "Content-Length: 0"))),
        tcp("RTSP", 554, up(http("OPTIONS rtsp://camera.junction.example/live RTSP/1.0", "CSeq: 1")),
            down(http("RTSP/1.0 200 OK", "CSeq: 1", "Public: OPTIONS, DESCRIBE"))),
        # A connection that ends before anything was said, and the one that follows from the same port.
        tcp("RTSP", 8554, **AGAIN),
        tcp("RTSP", 8554, up(http("OPTIONS rtsp://camera.junction.example/live RTSP/1.0", "CSeq: 1")),
            down(http("RTSP/1.0 200 OK", "CSeq: 1", "Public: OPTIONS, DESCRIBE")), **AGAIN),
        tcp("IRC", 6667, up("NICK someone\r\nUSER someone 0 * :Some One\r\n"),
            down(":irc.junction.example 001 someone :Welcome\r\n"), up("JOIN #junction\r\n"),
            down(":someone JOIN :#junction\r\n"), up("PRIVMSG #junction :hello\r\n")),
        tcp("Jabber", 5222, up("<?xml version='1.0'?><stream:stream to='junction.example' xmlns='jabber:client' "
                               "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")),
        tcp("Nats", 4222, down('INFO {"server_id":"x","version":"2.0.0"} \r\n'), up('CONNECT {"verbose":false}\r\n')),
        udp("MGCP", 2427, up("AUEP 1200 aaln/1@gateway.junction.example MGCP 1.0\r\nF: A, R\r\n")),
        udp("Megaco", 2944, up("MEGACO/1 [198.18.0.1]:2944 Transaction = 1 {Context = - {ServiceChange = ROOT}}")),
        udp("Syslog", 514, up("<34>Oct 11 22:14:15 device su: 'su root' failed for someone on /dev/pts/8")),
        tcp("Whois-DAS", 43, up("junction.example\r\n"), down("domain: junction.example\r\n"), name="junction.example"),
        tcp("Telnet", 23, down(h("fffd18 fffd20 fffd23 fffd27")), up(h("fffb18 fffb20 fffb23 fffb27")),
            down(h("fffa2001fff0 fffa2701fff0")), up(h("fffa200033383430302c3338343030fff0")), down("login: ")),
        tcp("FIX", 9898, up("8=FIX.4.2\x019=61\x0135=A\x0149=DEVICE\x0156=SERVER\x0134=1\x0198=0\x01108=30\x0110=003\x01")),
        tcp("Zabbix", 10051, up("ZBXD\x01", h("1900000000000000"), '{"request":"agent data"}')),
        tcp("CHECKMK", 6556, down("<<<check_mk>>>\nVersion: 2.1\n")),
        tcp("Mining", 3333, up('{"id":1,"method":"mining.subscribe","params":["miner/1.0"]}\n'),
            down('{"id":1,"result":[[],"00",4],"error":null}\n')),
    ]


FLOWS = mail() + files() + web() + talk()
