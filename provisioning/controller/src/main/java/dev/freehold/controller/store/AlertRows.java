package dev.freehold.controller.store;

import io.micronaut.data.annotation.Query;
import io.micronaut.data.model.query.builder.sql.Dialect;
import io.micronaut.data.r2dbc.annotation.R2dbcRepository;
import io.micronaut.data.repository.CrudRepository;
import io.micronaut.transaction.annotation.Transactional;
import java.util.List;

@Transactional
@R2dbcRepository(dialect = Dialect.H2)
interface AlertRows extends CrudRepository<AlertRow, String> {

  @Query("SELECT * FROM alert ORDER BY raised_millis DESC, id FETCH FIRST :rows ROWS ONLY")
  List<AlertRow> newest(int rows);

  @Query("SELECT COUNT(*) FROM alert WHERE serial = :serial")
  long countOfBox(String serial);
}
