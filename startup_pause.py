"""Imported first of all. Come here to change what rests while Muster is imported.

Looking for garbage among what is imported finds none, and takes an eighth of a start. `app.py`
goes back to the usual once it has imported everything.
"""

import gc

gc.disable()
