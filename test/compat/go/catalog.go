package main

import (
	"fmt"

	"github.com/milvus-io/milvus/client/v2/entity"
	mc "github.com/milvus-io/milvus/client/v2/milvusclient"
)

func partitions(s *scenario) error {
	return all(
		func() error { return s.CreatePartition(s.ctx, mc.NewCreatePartitionOption(everything, "part")) },
		func() error {
			listed, err := s.ListPartitions(s.ctx, mc.NewListPartitionOption(everything))
			return sameList("partitions", []string{"_default", "part"})(listed, err)
		},
		func() error {
			has, err := s.HasPartition(s.ctx, mc.NewHasPartitionOption(everything, "none"))
			return sameList("has a partition that is not there", []bool{false})([]bool{has}, err)
		},
		func() error { return s.ReleasePartitions(s.ctx, mc.NewReleasePartitionsOptions(everything, "part")) },
		func() error { return s.DropPartition(s.ctx, mc.NewDropPartitionOption(everything, "part")) },
	)
}

func aliases(s *scenario) error {
	return all(
		func() error { return s.CreateAlias(s.ctx, mc.NewCreateAliasOption(everything, "compat_go_alias")) },
		func() error {
			listed, err := s.ListAliases(s.ctx, mc.NewListAliasesOption(everything))
			return sameList("aliases", []string{"compat_go_alias"})(listed, err)
		},
		func() error { return s.AlterAlias(s.ctx, mc.NewAlterAliasOption("compat_go_alias", imported)) },
		func() error {
			described, err := s.DescribeAlias(s.ctx, mc.NewDescribeAliasOption("compat_go_alias"))
			if err != nil {
				return err
			}
			return same("the alias's collection", described.CollectionName, imported)
		},
		func() error { return s.DropAlias(s.ctx, mc.NewDropAliasOption("compat_go_alias")) },
	)
}

func databases(s *scenario) error {
	const name = "compat_go_database"
	use := func(name string) error { return s.UseDatabase(s.ctx, mc.NewUseDatabaseOption(name)) }
	return all(
		func() error {
			return s.CreateDatabase(s.ctx, mc.NewCreateDatabaseOption(name).WithProperty("database.max.collections", 5))
		},
		func() error { return use(name) },
		func() error { return quickRows(s) },
		func() error { return use("default") },
		func() error { return s.DropDatabase(s.ctx, mc.NewDropDatabaseOption(name)) },
	)
}

type quickRow struct {
	ID     int64     `milvus:"name:id"`
	Vector []float32 `milvus:"name:vector"`
}

// quickRows fills a collection made in one call, by rows, and reads them into structs.
func quickRows(s *scenario) error {
	if err := s.CreateCollection(s.ctx, mc.SimpleCreateCollectionOptions("quick", 2).WithAutoID(false).WithMetricType(entity.IP)); err != nil {
		return err
	}
	if _, err := s.Insert(s.ctx, mc.NewRowBasedInsertOption("quick", &quickRow{1, []float32{1, 2}}, &quickRow{2, []float32{3, 4}})); err != nil {
		return err
	}
	answer, err := s.Query(s.ctx, mc.NewQueryOption("quick").WithFilter("id > 1").WithOutputFields("vector").WithConsistencyLevel(entity.ClStrong))
	if err != nil {
		return err
	}
	var read []*quickRow
	if err := answer.Unmarshal(&read); err != nil {
		return err
	}
	return all(
		func() error { return same("the row", *read[0], quickRow{2, []float32{3, 4}}) },
		func() error { return s.RenameCollection(s.ctx, mc.NewRenameCollectionOption("quick", "renamed")) },
		func() error { return s.DropCollection(s.ctx, mc.NewDropCollectionOption("renamed")) },
	)
}

func users(s *scenario) error {
	const user, role = "compat_go_user", "compat_go_role"
	return all(
		func() error { return s.CreateUser(s.ctx, mc.NewCreateUserOption(user, "secret123")) },
		func() error {
			return s.UpdatePassword(s.ctx, mc.NewUpdatePasswordOption(user, "secret123", "secret456"))
		},
		func() error { return s.CreateRole(s.ctx, mc.NewCreateRoleOption(role)) },
		func() error { return s.GrantRole(s.ctx, mc.NewGrantRoleOption(user, role)) },
		func() error {
			return s.GrantPrivilegeV2(s.ctx, mc.NewGrantPrivilegeV2Option(role, "Insert", everything))
		},
		func() error {
			described, err := s.DescribeUser(s.ctx, mc.NewDescribeUserOption(user))
			if err != nil {
				return err
			}
			return same("roles", described.Roles, []string{role})
		},
		func() error {
			return s.RevokePrivilegeV2(s.ctx, mc.NewRevokePrivilegeV2Option(role, "Insert", everything))
		},
		func() error { return s.RevokeRole(s.ctx, mc.NewRevokeRoleOption(user, role)) },
		func() error { return s.DropUser(s.ctx, mc.NewDropUserOption(user)) },
		func() error { return s.DropRole(s.ctx, mc.NewDropRoleOption(role)) },
	)
}

// refusals end at once, with words: an error that the client takes for one that passes is tried again for a minute.
func refusals(s *scenario) error {
	_, missing := s.DescribeCollection(s.ctx, mc.NewDescribeCollectionOption("compat_go_none"))
	short := []entity.Vector{entity.FloatVector{1, 2}}
	_, size := s.Search(s.ctx, mc.NewSearchOption(everything, 5, short).WithANNSField("floats"))
	group := s.CreateResourceGroup(s.ctx, mc.NewCreateResourceGroupOption("compat_go_group"))
	for what, err := range map[string]error{"a collection that is not there": missing, "a vector of two numbers": size, "a resource group": group} {
		if err == nil {
			return fmt.Errorf("%s was not refused", what)
		}
	}
	return nil
}
