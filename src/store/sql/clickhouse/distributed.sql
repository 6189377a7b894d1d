-- One table over every server of the cluster, for each table that servers have of their own; a site is on one shard.
create table if not exists $database.$table$on_cluster as $database.$table$local
engine = Distributed($cluster, $database, $table$local, cityHash64($shard_by))
