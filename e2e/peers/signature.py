"""Checks X-Twilio-Signature with the SDK's validator: argv is URL, signature, token, and the parameters as JSON."""
import json
import sys

from twilio.request_validator import RequestValidator

url, signature, token, parameters = sys.argv[1:5]
validator = RequestValidator(token)
given = json.loads(parameters)
forged = dict(given, Called="+32000")
print(json.dumps([validator.validate(url, given, signature), validator.validate(url, forged, signature)]))
