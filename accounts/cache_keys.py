"""How a key of the cache is written down: such that nobody reads an address of a person or a machine in its table."""

from django.utils.crypto import salted_hmac


def make_key(key, key_prefix, version):
    """The same key for the same words, in every worker. Another SECRET_KEY makes others, so counting starts anew."""
    return salted_hmac("accounts.cache_keys", f"{key_prefix}:{version}:{key}", algorithm="sha256").hexdigest()
