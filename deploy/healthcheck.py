"""Whether the server in this container lives. Come here to change what the container is asked.

Any answer but a fault will do: behind MUSTER_TRUSTED_HOSTS this host may go by another name.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

try:
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    connection.request("GET", "/healthz")
    sys.exit(connection.getresponse().status >= 500)
except (OSError, HTTPException):
    sys.exit(1)
