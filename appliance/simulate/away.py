"""What it looks like when the box is not there just now. A wrong code would be another error."""

import aiohttp

from appliance.errors import Unavailable

AWAY = (aiohttp.ClientError, OSError, TimeoutError, Unavailable)
