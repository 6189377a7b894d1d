-- Of files shorter than 64 KiB only two bytes of each hash stay: all of one gives a file of one unknown line away, by trying.
pragma secure_delete = on;

update or ignore imports
set head = unhex(hex(substr(head, 1, 2)) || hex(zeroblob(30)))
where head_bytes < 65536;

update imports
set content = unhex(hex(substr(content, 1, 2)) || hex(zeroblob(30)))
where counted < 65536;

pragma user_version = 2;
