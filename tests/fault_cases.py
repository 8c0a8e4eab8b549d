"""What can go wrong with a run, sixty cases: what Seston does, and which tests prove it.

`docs/faults.md` is written from this list (`python tests/fault_cases.py`); `test_fault_cases.py`
holds the two equal, and looks that every test named here exists.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "faults.md"
HEAD = """# What can go wrong, and what happens then

Sixty faults of images, lists, settings, weights, processes, disks and labels. Tests make each of
them on purpose, and hold the run to the following:

* The mistake is told in one message: which file (line, key), what was found, what was expected,
  what to do. The exit status is 2 where it is the user's to mend, and there is no traceback.
* Good data beside the bad are used. What is listed is used or rejected, and each rejection stands
  in `rejected.parquet` with its reason ([codes](codes.md)).
* No file is half-written. Once the fault is mended, the same run gives the same bytes as one that
  never had it.

Tests with a ● run in the nightly set (`make faults`), the others with all tests. This page is
written by `python tests/fault_cases.py`.
"""


@dataclass(frozen=True)
class Fault:
    """One way in which a run can go wrong.

    Parameters
    ----------
    number
        1 to 60.
    title
        What is wrong with the input, the process or the machine.
    outcome
        What Seston does then: the code of a rejection or flag, the exit status,
        the message.
    tests
        Node ids of the tests that prove it, `tests/test_x.py::test_y` or `…::test_y[parameter]`.
    remark
        Where it stays behind what one might wish, or does otherwise: what, and why. Must say
        why where there is no test.
    """

    number: int
    title: str
    outcome: str = ""
    tests: tuple[str, ...] = ()
    remark: str = ""


IMAGES = (
    Fault(
        1,
        "an empty file named `.png`",
        "rejected as `empty_file`; the run goes on",
        ("tests/test_faults.py::test_fault[01 empty file]",),
    ),
    Fault(
        2,
        "a PNG cut at half its length",
        "rejected as `truncated`",
        (
            "tests/test_faults.py::test_fault[02 half a PNG]",
            "tests/test_run.py::test_bad_images_are_counted_and_the_good_ones_used",
        ),
    ),
    Fault(
        3,
        "a JPEG cut at half its length",
        "rejected as `truncated`",
        (
            "tests/test_faults.py::test_fault[03 half a JPEG]",
            "tests/test_pixels.py::test_a_jpeg_cut_anywhere_is_never_used",
        ),
    ),
    Fault(
        4,
        "a PNG with one changed byte in its pixels",
        "rejected as `corrupt`",
        ("tests/test_faults.py::test_fault[04 flipped byte in a PNG]",),
    ),
    Fault(
        5,
        "a web page saved as `.png`",
        "rejected as `not_an_image`",
        ("tests/test_faults.py::test_fault[05 web page called PNG]",),
    ),
    Fault(
        6,
        "a JPEG named `.png`",
        "used, with the note `extension_mismatch`",
        ("tests/test_faults.py::test_fault[06 JPEG called PNG]",),
    ),
    Fault(
        7,
        "a PNG of 100,000 × 100,000 pixels",
        "rejected as `too_large`, in less than 50 MB",
        (
            "tests/test_faults.py::test_fault[07 PNG of 100,000 x 100,000]",
            "tests/test_pixels.py::test_bombs_cost_no_memory",
        ),
    ),
    Fault(
        8,
        "a PNG of 12,000 × 12,000 pixels",
        "rejected as `too_large` (`segment.max_pixels`)",
        ("tests/test_faults.py::test_fault[08 PNG of 12,000 x 12,000]",),
    ),
    Fault(
        9,
        "a PNG with a packed text of 200 MB",
        "rejected as `corrupt`, in less than 50 MB",
        ("tests/test_faults.py::test_fault[09 PNG with a text of 200 MB]",),
    ),
    Fault(
        10,
        "16-bit TIFF and PNG",
        "used; each grey level within 1 of its 8-bit twin",
        (
            "tests/test_faults.py::test_fault[10 16 bits]",
            "tests/test_pixels.py::test_every_mode_gives_the_grey_levels_of_its_8_bit_twin",
        ),
    ),
    Fault(
        11,
        "a TIFF of floating-point numbers from 0 to 1",
        "used; each grey level within 1 of its 8-bit twin",
        ("tests/test_faults.py::test_fault[11 floating point]",),
        "Numbers outside of 0 to 1 have no known full range: rejected as `unknown_scale`.",
    ),
    Fault(
        12,
        "CMYK, RGBA, palette and 1-bit pictures",
        "used; each grey level within 2 of its grey twin",
        ("tests/test_faults.py::test_fault[12 CMYK, RGBA, palette, 1 bit]",),
    ),
    Fault(
        13,
        "a picture turned by EXIF orientation 6",
        "used, turned upright: the very pixels of its upright twin, so its embedding too",
        (
            "tests/test_faults.py::test_fault[13 turned by EXIF]",
            "tests/test_pixels.py::test_images_are_turned_as_their_exif_says",
        ),
    ),
    Fault(
        14,
        "a TIFF of several pages",
        "rejected as `multi_page`; with `segment.pages: first` the first page is used, with the "
        "note `first_page`",
        ("tests/test_faults.py::test_fault[14 several pages]",),
    ),
    Fault(
        15,
        "pictures of 1 × 1 and 1 × n pixels, and of one grey level",
        "rejected as `too_small` or `flat`; embeddings that are not finite would stop the run",
        (
            "tests/test_faults.py::test_fault[15 tiny and flat]",
            "tests/test_embed.py::test_embedding_that_is_not_finite_names_its_tile",
        ),
    ),
    Fault(
        16,
        "a raw frame without an organism, one with 200, organisms at the border",
        "no organism, all of them; those at the border are marked (`at_border`)",
        (
            "tests/test_faults.py::test_fault[16 raw frames with no organism, with 200, with one "
            "at the border]",
        ),
    ),
    Fault(
        17,
        "no permission, a folder named `.png`, a link to nothing, a pipe",
        "rejected as `unreadable`; a pipe is not waited for",
        (
            "tests/test_faults.py::test_fault[17 no permission, a folder, a link to nothing, a "
            "pipe]",
            "tests/test_pixels.py::test_a_pipe_is_not_waited_for",
        ),
    ),
    Fault(
        18,
        "a file that goes away, or is replaced, between listing and reading",
        "a file that went away: rejected as `missing`; one that was replaced: used as it is when "
        "it is read",
        (
            "tests/test_faults.py::test_fault[18 a file that vanishes, and one that is replaced, "
            "while the folder is read]",
        ),
        "Listing takes no checksum of a raw file: that would read each of them twice. It is read "
        "once, whole; all later stages work on the stored crop.",
    ),
    Fault(
        19,
        "two files of one content, one name in two samples",
        "both used; copies have the note `identical`, and the sample a warning; ids begin with "
        "the sample",
        ("tests/test_faults.py::test_fault[19 one content twice, one name in two bags]",),
    ),
)

LISTS = (
    Fault(
        20,
        "a list that names files outside its folder: `../../`, absolute paths, links",
        "rejected as `outside_root`; no file outside of the sample's folder is opened",
        ("tests/test_faults.py::test_fault[20 a list that leads out of its run]",),
    ),
    Fault(
        21,
        "names with spaces, quotes, `$(…)`, newlines, a leading dash, 255 bytes, emoji, NFC and "
        "NFD, invalid UTF-8",
        "used under its own name; invalid UTF-8 is rejected as `bad_name`; nothing is run",
        (
            "tests/test_faults.py::test_fault[21 odd names]",
            "tests/test_fault_runs.py::test_evil_names_change_nothing",
        ),
    ),
    Fault(
        22,
        "lists with CRLF, byte order mark, blank lines, comments, lines twice, wrong counts of "
        "columns, dates that are none, with a zone, in the future",
        "sheet: all mistakes in one message, each with its line, before any work (exit status 2); "
        "lists of instruments: their good rows are used, others rejected as `bad_row` or "
        "`repeated_row` with their line",
        (
            "tests/test_faults.py::test_fault[22 mistakes in lists, all told at once]",
            "tests/test_samples.py::test_all_mistakes_are_told_at_once",
            "tests/test_run.py::test_a_mistake_stops_the_run_before_it_starts",
        ),
        "A damaged row of an instrument's list does not stop the run: the list is no work of the "
        "user, who could not mend it. `segment.max_rejected` stops a run that loses too much.",
    ),
    Fault(
        23,
        "an empty list, a sample without images, one image in all, one day, more clusters than "
        "images",
        "empty lists and folders are samples with no image (`no_organisms`); three images of one "
        "day become a report that says what cannot be told; where there are fewer images than "
        "clusters, a message says what to set (exit status 2)",
        (
            "tests/test_faults.py::test_fault[23 nothing, and next to nothing]",
            ""
            "tests/test_kmeans.py::test_more_clusters_than_images_is_an_error_that_says_what_to_set",
            "tests/test_report.py::test_one_sample_and_no_group",
            "tests/test_report.py::test_nothing_used_is_told",
            "tests/test_fault_runs.py::test_three_images_of_one_day_are_a_report",
            "tests/test_fault_runs.py::test_too_few_images_are_told_with_what_to_do",
        ),
        "No report is written of no image or of a single one: there is nothing to cluster.",
    ),
    Fault(
        24,
        "a day missing in the middle",
        "a gap, not a zero; a day with water and no organism is a zero",
        (
            "tests/test_faults.py::test_fault[24 a day without a sample is a gap, not a zero]",
            "tests/test_report.py::test_water_without_an_organism_is_a_zero_and_not_a_gap",
            "tests/test_gaps.py::test_one_missing_day_of_daily_samples_is_a_gap",
        ),
    ),
    Fault(
        25,
        "volumes of 0, below 0, NaN, with a decimal comma",
        "a message with the line of each (exit status 2); an empty cell is an unknown volume: "
        "shares only, no concentrations",
        (
            "tests/test_faults.py::test_fault[25 volumes that are none]",
            ""
            "tests/test_abundance.py::test_concentrations_are_ratios_of_sums_where_the_volume_is_known",
        ),
        "Not guessed, and not taken for unknown in silence: who wrote 3,5 knows the volume.",
    ),
    Fault(
        26,
        "archives whose members lead outside, that swell, are nested, encrypted or cut off",
        "members that lead outside: rejected as `outside_root`; too large once unpacked: `bomb`; "
        "a password: `encrypted`; an archive inside: not entered, the sample is warned of "
        "(`nested_archive`); a cut or swelling archive is refused as a whole (exit status 2). "
        "Nothing is unpacked to disk",
        (
            "tests/test_faults.py::test_fault[26 archives that are not to be trusted]",
            "tests/test_archives.py::test_names_that_lead_out_are_refused",
            "tests/test_archives.py::test_damage_anywhere_is_told",
            "tests/test_archives.py::test_a_truncated_archive_is_refused",
        ),
    ),
)

CONFIGURATION = (
    Fault(
        27,
        "a misspelt key",
        "a message with the path of the key and the nearest known one, before any work",
        (
            "tests/test_config.py::test_an_unknown_key_names_the_nearest_known_one",
            "tests/test_run.py::test_a_mistake_stops_the_run_before_it_starts",
        ),
    ),
    Fault(
        28,
        "wrong types and values out of range",
        "one message with all mistakes: what was found, what is expected",
        (
            "tests/test_config.py::test_all_mistakes_are_told_at_once",
            "tests/test_config.py::test_wrong_types_and_ranges_are_refused",
            "tests/test_config.py::test_a_number_of_clusters_is_a_number_or_auto",
            "tests/test_mistakes.py::test_a_rule_in_words",
        ),
        "2.0 is taken for 2, as JSON schema does.",
    ),
    Fault(
        29,
        "a key twice, tabs, `NO`, `0123`, times without quotes",
        "a message with the line: keys twice, tabs, numbers that YAML reads as others (`0123` as "
        "83, `12:30:00` as 45000); for `NO` the schema's, with the hint to quote it",
        (
            "tests/test_yaml_file.py::test_keys_that_stand_twice_are_told_with_both_lines",
            "tests/test_yaml_file.py::test_text_that_is_no_yaml_is_told_with_its_place",
            "tests/test_yaml_file.py::test_numbers_that_yaml_reads_as_others",
            "tests/test_config.py::test_what_yaml_misreads_is_explained",
        ),
    ),
    Fault(
        30,
        "code and alias bombs in YAML",
        "a message with the line; nothing is run, nothing unfolded",
        (
            "tests/test_yaml_file.py::test_tags_are_refused_and_nothing_is_done",
            "tests/test_yaml_file.py::test_a_template_whose_parts_would_be_run_is_refused",
            "tests/test_fault_config.py::test_aliases_that_swell_cost_no_time_and_no_memory",
            "tests/test_fault_config.py::test_aliases_that_lead_back_are_told",
        ),
        "With `--configfile` Snakemake reads the file before Seston sees it: it refuses tags in "
        "its own words, but waits without end on mappings that swell, and runs the parts of a "
        "template (`__use_yte__`), before Seston refuses it. `config.yaml` is looked at first.",
    ),
    Fault(
        31,
        "settings changed between two runs",
        "only what reads the setting runs again, and what follows; the report lists the settings "
        "of its run",
        (
            "tests/test_reruns.py::test_another_setting_runs_what_reads_it_and_what_follows",
            "tests/test_reruns.py::test_a_touch_of_inputs_settings_and_code_runs_nothing",
            "tests/test_report.py::test_settings_are_told_as_they_were",
        ),
    ),
)

CHECKPOINTS = (
    Fault(
        32,
        "a checkpoint whose pickle runs a command",
        "refused; the command is not run; all loading in the package is of tensors only",
        (
            "tests/test_weights_file.py::test_code_in_a_file_is_not_run",
            "tests/test_weights_file.py::test_nothing_in_the_package_loads_unsafely",
        ),
    ),
    Fault(
        33,
        "a checkpoint with `argparse.Namespace`",
        "loaded: this class alone is let through",
        ("tests/test_weights_file.py::test_arguments_of_a_training_are_plain_data",),
    ),
    Fault(
        34,
        "a checkpoint that is cut off, empty, a Git LFS pointer, a web page",
        "a message that says which of these it is",
        (
            "tests/test_weights_file.py::test_files_that_are_no_weights",
            "tests/test_weights_file.py::test_truncated_file",
        ),
    ),
    Fault(
        35,
        "weights of another architecture, or under prefixes",
        "known prefixes are taken off; anything else must fit key by key, or a message says what "
        "is missing and what is too much",
        (
            "tests/test_checkpoints.py::test_full_dino_checkpoint",
            "tests/test_checkpoints.py::test_simclr_checkpoint_of_lightning",
            "tests/test_checkpoints.py::test_weights_of_another_backbone_are_told_apart",
            "tests/test_checkpoints.py::test_load_strictly_keeps_the_backbone_when_it_fails",
            "tests/test_checkpoints.py::test_unreached_blocks_are_left_out_but_no_others",
        ),
        "Stricter than a share of 95 %: every key of the network must be there.",
    ),
    Fault(
        36,
        "weights that are NaN or infinite, a flipped bit in safetensors",
        "refused: values that are not finite, features that are not finite or the same for all "
        "images, content that is not that of the fingerprint",
        (
            "tests/test_checkpoints.py::test_values_that_are_not_finite",
            "tests/test_weights.py::test_weights_that_overflow_or_see_nothing",
            "tests/test_model_file.py::test_one_flipped_bit_is_found",
            "tests/test_weights_file.py::test_fingerprint_of_another_content",
            "tests/test_weights_file.py::test_one_flipped_bit_in_a_pytorch_file",
        ),
        "A flipped bit in somebody else's safetensors file without a fingerprint cannot be told: "
        "the format has no checksum.",
    ),
    Fault(
        37,
        "training killed while it saves",
        "the last whole snapshot is taken up; model and curve are, byte by byte, those of a "
        "training that nobody disturbed",
        (
            "tests/test_resume.py::test_killed_and_run_again_gives_the_same_bytes",
            "tests/test_resume.py::test_goes_on_from_the_last_save_to_the_same_bytes",
            "tests/test_resume.py::test_damaged_resume_file_is_told_and_ignored",
            "tests/test_distributed.py::test_death_of_the_launcher_ends_all_and_a_second_run_goes_on",
        ),
    ),
)

PROCESSES = (
    Fault(
        38,
        "a job killed at random moments",
        "each output is absent or whole; what was left unfinished has a name that no stage "
        "takes, and goes with the next start of the job; the files are those of an "
        "undisturbed run",
        (
            "tests/test_store.py::test_a_writer_killed_at_any_moment_leaves_a_whole_file_or_none",
            "tests/test_parent.py::test_a_worker_ends_with_the_process_that_started_it",
            "tests/test_run.py::test_a_run_that_was_killed_goes_on_and_ends_the_same",
            "tests/test_temporary.py::test_what_a_dead_process_of_this_machine_left_is_removed_at_once",
            "tests/test_staging.py::test_copies_of_a_killed_job_go_with_the_next_one",
        ),
        "`benchmarks/kills.py` kills jobs of every stage, and Snakemake with its jobs, at "
        "random moments (`make faults`).",
    ),
    Fault(
        39,
        "Snakemake killed, and run again while a job of its still runs",
        "both write, each under a name of its own; the file is one of theirs, whole, and of "
        "the same bytes",
        (
            "tests/test_fault_processes.py::test_terminated_killed_and_started_twice_while_its_jobs_live_on",
            "tests/test_fault_processes.py::test_two_jobs_of_one_name_write_one_whole_file",
            "tests/test_store.py::test_the_temporary_file_of_a_running_process_is_left_alone",
            "tests/test_slurm_faults.py::test_jobs_of_a_killed_snakemake_may_write_beside_those_of_the_next",
        ),
        "A left-over job that ends late makes files look new, and one that fails deletes what "
        "the new run made: on a cluster cancel it first (docs/cluster.md).",
    ),
    Fault(
        40,
        "SIGTERM and then SIGKILL, Ctrl-C twice",
        "Snakemake waits for its jobs after SIGTERM; after SIGKILL the next start names "
        "`--unlock`; training saves before it ends (status 143); Ctrl-C ends all; the run "
        "goes on to the same files",
        (
            "tests/test_fault_processes.py::test_terminated_killed_and_started_twice_while_its_jobs_live_on",
            "tests/test_fault_processes.py::test_ctrl_c_twice",
            "tests/test_resume.py::test_sigterm_saves_and_a_second_run_ends_it",
            "tests/test_distributed.py::test_sigterm_to_the_launcher_saves_once_and_ends_all",
            "tests/test_staging.py::test_copies_go_when_the_job_is_cancelled",
            "tests/test_slurm_faults.py::test_a_training_goes_on_wherever_it_was_ended",
        ),
    ),
    Fault(
        41,
        "a loader of training images killed or hanging",
        "an error of the thread that loads reaches the training, and ends it; the process "
        "that draws beside the report is told if it is killed (exit status 2)",
        (
            "tests/test_loading.py::test_errors_of_loading_reach_the_consumer",
            "tests/test_runtime_engine.py::test_what_fails_in_the_reading_thread_is_raised",
            "tests/test_shortage.py::test_a_helper_that_was_killed_is_told",
        ),
        "No workers load images: a thread of the job itself reads memory-mapped tiles, so "
        "none can be killed alone. A disk that hangs is not noticed by Seston: the time limit "
        "of the job ends it (`runtime`, with more at the next attempt).",
    ),
    Fault(
        42,
        "too little memory",
        "one line: out of memory, which setting to raise (`mem_mb`, `shard_by`; on a GPU "
        "`finetune.accumulate`), exit status 2; on a cluster the job comes back with more "
        "memory",
        (
            "tests/test_shortage.py::test_too_little_memory_is_told_with_the_setting",
            "tests/test_shortage.py::test_a_stage_under_a_limit_of_memory_ends_with_2",
            "tests/test_profiles.py::test_a_job_that_failed_comes_back_with_more_memory",
            "tests/test_slurm_faults.py::test_a_job_out_of_memory_comes_back_with_more",
        ),
        "A job that the kernel kills cannot say anything; the cluster's own message stands in "
        "Snakemake's output.",
    ),
    Fault(
        43,
        "a full disk, and a full quota, at each writer",
        "one line: which file, how much of it was written, how much room there is, what to "
        "do; exit status 2; nothing half-written is left; with room again the same command "
        "ends",
        (
            "tests/test_shortage.py::test_a_full_disk_is_told_by_every_writer_and_nothing_is_left",
            "tests/test_shortage.py::test_a_stage_says_so_in_one_line_and_ends_with_2",
            "tests/test_shortage.py::test_with_room_again_the_same_command_ends",
            "tests/test_shortage.py::test_a_quota_is_told_as_a_full_disk_is",
            "tests/test_staging.py::test_too_little_space_is_told_before_anything_is_copied",
            "tests/test_label_book.py::test_a_file_that_can_grow_no_more_leaves_all_as_it_was",
            "tests/test_label_book.py::test_a_table_that_cannot_be_written_takes_the_action_back",
        ),
        "How much a table will need is not known before it is written; copies to the own disk "
        "are counted first. torch does not say why it could not write: beyond a quota, where "
        "the disk itself has room, its error keeps its traceback.",
    ),
    Fault(
        44,
        "results, home or cache that cannot be written, no TMPDIR",
        "results that are read-only: one line, exit status 2; jobs need no home, and "
        "Snakemake gives them `/tmp` where `$TMPDIR` is missing",
        (
            "tests/test_shortage.py::test_a_stage_says_so_in_one_line_and_ends_with_2",
            "tests/test_fault_processes.py::test_files_that_appear_late_are_waited_for_and_made_once",
            "tests/test_shortage.py::test_without_a_place_for_temporary_files_it_is_said_what_to_set",
            "tests/test_runtime_openvino.py::test_nothing_is_sent_and_nothing_written_to_home",
        ),
        "Snakemake itself needs a cache and ends with a traceback where it cannot write one: "
        "set `XDG_CACHE_HOME`.",
    ),
    Fault(
        45,
        "files that appear late on a network disk",
        "waited for (`--latency-wait`, 60 s in the profile for SLURM), and made once",
        (
            "tests/test_fault_processes.py::test_files_that_appear_late_are_waited_for_and_made_once",
        ),
    ),
    Fault(
        46,
        "two runs at once in one folder, the labelling server beside a run",
        "the second is refused, and told of `--unlock`; two labelling servers never share a "
        "table, and their tables are never in the results, which a run writes",
        (
            "tests/test_fault_processes.py::test_terminated_killed_and_started_twice_while_its_jobs_live_on",
            "tests/test_slurm_faults.py::test_a_second_snakemake_waits_for_unlock",
            "tests/test_label_book.py::test_two_servers_never_share_a_table",
            "tests/test_label_server.py::test_tables_stay_out_of_the_results",
            "tests/test_label_book.py::test_what_people_write_into_the_tables_is_taken_over",
        ),
    ),
    Fault(
        47,
        "no network",
        "everything runs; only `backbone.weights: hub` fetches, and says then to give a file "
        "(exit status 2)",
        (
            "tests/test_weights.py::test_hub_that_cannot_be_reached",
            "tests/test_weights.py::test_hub_weights_of_the_cache_need_no_network",
            "tests/test_runtime_openvino.py::test_nothing_is_sent_and_nothing_written_to_home",
        ),
        "The undisturbed run of `benchmarks/kills.py` is made without a network (`unshare "
        "--net`). Before it gives up, the hub's client tries for 46 s.",
    ),
    Fault(
        48,
        "no GPU, a GPU out of memory, one of two training processes dying",
        "`auto` takes the CPU; too little memory of a GPU: a message with "
        "`finetune.accumulate`; one process dying ends all, and the next start goes on from "
        "the last snapshot",
        (
            "tests/test_hardware.py::test_unknown_and_absent_devices",
            "tests/test_distributed.py::test_more_processes_than_gpus",
            "tests/test_resume.py::test_too_little_memory_tells_what_to_raise",
            "tests/test_distributed.py::test_death_of_one_process_ends_all_and_leaves_no_model",
            "tests/test_distributed.py::test_a_killed_process_explains_those_that_lost_it",
        ),
        "The batch is not halved by itself: it would change the result. Processes are not "
        "started again one by one, the training is.",
    ),
    Fault(
        49,
        "a clock that jumps back, files from the future, touched outputs",
        "nothing runs again: what a digest can decide, no time decides",
        (
            "tests/test_fault_processes.py::test_files_from_the_future_and_from_before_make_nothing_run_again",
            "tests/test_reruns.py::test_a_touch_of_inputs_settings_and_code_runs_nothing",
            "tests/test_reruns.py::test_a_fresh_clone_over_existing_results_runs_nothing",
        ),
        "A single result above 1 MB that is touched makes what follows run again: of smaller "
        "ones Snakemake compares the contents (`--max-checksum-file-size`).",
    ),
)

EMBEDDINGS = (
    Fault(
        50,
        "embeddings with rows of zeros, NaN, ids twice, another length, another number of rows",
        "a message that names shard and image, or the rows (exit status 2): each file of "
        "embeddings is checked for checksums, finite numbers, a length above zero, ids in order "
        "and once, the length of the others, the same images as its tables",
        (
            "tests/test_arrays.py::test_a_hole_of_zeros_is_told_with_its_rows",
            "tests/test_shards.py::test_rows_without_a_direction_are_named_with_their_shard",
            "tests/test_shards.py::test_an_id_in_two_shards_is_refused",
            "tests/test_shards.py::test_embeddings_of_another_model_or_length_are_refused",
            "tests/test_store.py::test_two_tables_must_hold_the_same_images",
            "tests/test_embed.py::test_embedding_that_is_not_finite_names_its_tile",
        ),
    ),
    Fault(
        51,
        "tables and arrays that are cut off, empty or have a flipped bit",
        "a message that names the file and says to delete it, upon which Snakemake makes it again "
        "(exit status 2); `seston verify` finds a changed bit in any file of a run",
        (
            "tests/test_store.py::test_what_cannot_be_read_is_told_by_name",
            "tests/test_store.py::test_metadata_of_a_damaged_file_are_told_by_name",
            "tests/test_arrays.py::test_one_changed_byte_anywhere_is_told_or_changes_nothing",
            "tests/test_parts.py::test_missing_damaged_and_other_files_are_told",
            "tests/test_fault_damage.py::test_every_stage_names_the_file_that_is_damaged",
            "tests/test_verify.py::test_a_flipped_bit_is_found_in_every_file",
        ),
        "A table of text (TSV) that lost its last lines is still a table: the report may show it "
        "so, and only `verify` tells. Not made again unasked: results that change by themselves "
        "are a reason to look at the disk. HDF5 is written by exports alone; a writer that is "
        "killed leaves no file (38).",
    ),
    Fault(
        52,
        "all embeddings equal, fewer images than clusters, no dense region",
        "runs to the end: empty clusters are flagged `empty`, copies noted; no dense region is "
        "all noise; fewer images than clusters: see 23",
        (
            ""
            "tests/test_kmeans.py::test_fewer_distinct_embeddings_than_clusters_leave_clusters_empty",
            "tests/test_density.py::test_equal_embeddings_make_one_point",
            "tests/test_density.py::test_few_images_make_a_small_map",
            "tests/test_tree.py::test_all_centroids_on_one_spot",
            "tests/test_trust.py::test_identical_images",
            "tests/test_fault_runs.py::test_images_that_are_all_the_same_are_a_report",
        ),
    ),
    Fault(
        53,
        "inputs in another order, one and two threads, two runs",
        "the same bytes",
        (
            "tests/test_run.py::test_two_runs_from_scratch_are_byte_identical",
            "tests/test_segment.py::test_two_runs_and_any_number_of_threads_give_the_same_bytes",
            "tests/test_kmeans.py::test_a_rerun_gives_the_same_bytes_and_another_seed_does_not",
            "tests/test_density.py::test_a_rerun_gives_the_same_bytes_in_any_order_of_shards",
            "tests/test_density.py::test_other_shards_of_the_same_images_give_the_same_map",
            ""
            "tests/test_labels_stage.py::test_neither_the_order_of_files_nor_that_of_their_lines_matters",
            ""
            "tests/test_fault_runs.py::test_the_order_of_the_sheet_and_the_number_of_threads_do_not_matter",
        ),
        "Embeddings by another engine, or on another processor, may differ in their last digits; "
        "which one is used is recorded (`runtime.json`). So may training on a CPU with another "
        "number of threads.",
    ),
    Fault(
        54,
        "names with markup, U+202E, NUL, 5,000 characters, U+2028",
        "text stays text on every page: no element of it, titles unchanged; pages run nothing but "
        "their own scripts, by digest",
        (
            "tests/test_locked.py::test_text_of_the_data_is_no_markup",
            "tests/test_locked.py::test_a_block_of_data_ends_no_element_and_says_what_was_given",
            "tests/test_report.py::test_text_from_data_stays_text",
            "tests/test_map_page.py::test_evil_names_are_only_text",
            "tests/test_classifier_page.py::test_evil_names_stay_text",
            "tests/test_page_in_browser.py::test_evil_names_change_nothing",
            "tests/test_map_in_browser.py::test_evil_names_change_nothing",
            "tests/test_label_in_browser.py::test_evil_names_change_nothing",
            "tests/test_fault_runs.py::test_evil_names_change_nothing",
        ),
    ),
    Fault(
        55,
        "a label that begins like a formula",
        "a ' is put before it in every CSV file for spreadsheets",
        (
            "tests/test_report.py::test_formulas_are_quoted_in_csv",
            "tests/test_report.py::test_numbers_in_text_stay_numbers_in_csv",
        ),
        "Tables in `tables/` (TSV) hold labels as they are: they are read by programs, and by the "
        "next run.",
    ),
    Fault(
        56,
        "labels of unknown images or classes, that contradict each other, named NA or null, in "
        "Latin-1, with dates mangled by a spreadsheet, of another run, with a torn last line",
        "labels of unknown images are listed as `not of this run`; a table of another run, labels "
        "of one person that contradict each other and faulty lines are refused with their lines "
        "(exit status 2); NA and null are names; Latin-1 is read; of a journal, a last line that "
        "was not saved whole is left out. Each label is learned or listed with its reason",
        (
            "tests/test_labels_stage.py::test_every_label_is_learned_or_listed_with_its_reason",
            "tests/test_labels_files.py::test_tables_of_another_run_are_refused_together",
            ""
            "tests/test_labels_files.py::test_one_annotator_who_says_two_things_in_two_tables_is_told_both_places",
            ""
            "tests/test_label_table.py::test_all_conflicts_and_faulty_lines_are_told_with_their_lines",
            ""
            "tests/test_label_table.py::test_names_that_look_like_gaps_survive_and_other_columns_are_ignored",
            "tests/test_label_table.py::test_encodings_and_line_ends",
            ""
            "tests/test_labels_classes.py::test_all_names_that_nobody_used_are_told_with_the_nearest",
            "tests/test_label_book.py::test_a_line_that_was_not_saved_whole_is_left_out",
            "tests/test_samples.py::test_a_wrong_cell_is_told_with_its_line",
        ),
        "Labels are free text, so that no class is unknown; only settings that name a class "
        "nobody used are refused. Dates are read in the sheet alone, and only as ISO 8601.",
    ),
    Fault(
        57,
        "the labelling server without its secret, under another name, sent 2 MB, 1,000 posts at "
        "once, on a full disk, killed",
        "403 to strangers, 413 for bodies above 1 MB, 507 where nothing was saved, which the "
        "page says; 1,000 posts are all saved; what was answered before a kill is there after "
        "it",
        (
            "tests/test_label_server.py::test_strangers_without_the_secret_are_told_nothing",
            "tests/test_label_server.py::test_no_other_name_points_here",
            "tests/test_label_server.py::test_other_sites_cannot_act",
            "tests/test_label_server.py::test_bodies_that_are_refused",
            "tests/test_label_server.py::test_when_the_disk_is_full_the_page_is_told_that_nothing_was_saved",
            "tests/test_label_served_in_browser.py::test_a_full_disk_is_told_and_nothing_pretends_to_be_saved",
            "tests/test_label_killed.py::test_a_thousand_posts_at_once_are_all_saved",
            "tests/test_label_killed.py::test_what_was_answered_before_a_kill_is_there_after_it",
            "tests/test_label_book.py::test_killed_between_journal_and_tables_the_next_start_repairs_them",
            "tests/test_label_book.py::test_a_line_that_was_not_saved_whole_is_left_out",
        ),
    ),
    Fault(
        58,
        "the report opened from its file, offline, without WebGL, on a small screen, printed, "
        "enlarged",
        "the pages ask nothing of the network, need no WebGL, and fit the screen",
        (
            "tests/test_page_in_browser.py::test_no_error_in_the_console",
            "tests/test_page_in_browser.py::test_nothing_is_asked_from_outside",
            "tests/test_page_in_browser.py::test_nothing_is_wider_than_the_screen",
            "tests/test_page_in_browser.py::test_every_section_can_be_reached_at_1366_px",
            "tests/test_page_in_browser.py::test_folded_text_is_unfolded_on_paper",
            "tests/test_map_in_browser.py::test_it_opens_in_silence_and_asks_for_nothing",
            "tests/test_map_in_browser.py::test_it_fits_the_window",
            "tests/test_label_in_browser.py::test_usable_when_small",
        ),
        "In Chromium and Firefox where they are installed. WebGL is used nowhere.",
    ),
    Fault(
        59,
        "a report of many clusters and many points",
        "the report shows fewer clusters and smaller pictures before it grows beyond 10 MB; "
        "the map holds all organisms in less than 20 bytes each",
        (
            "tests/test_embedded.py::test_the_page_shows_less_until_it_fits",
            "tests/test_embedded.py::test_boards_shrink_into_the_room_that_figures_leave",
            "tests/test_embedded.py::test_text_that_never_fits_is_refused",
            "tests/test_report.py::test_the_page_is_whole_safe_and_small",
            "tests/test_page_sizes.py::test_a_million_organisms_take_less_than_20_mb_of_the_map",
            "tests/test_map_in_browser.py::test_more_than_255_clusters",
        ),
        "The map leaves nobody out: with 5 million organisms it would be 75 to 100 MB, more "
        "than the 60 MB one might wish, and was not tried.",
    ),
    Fault(
        60,
        "few labels: one class, one image a class, classes that a part lacks, all answers unsure",
        "one class, or no class of `labels.few` images: a message (exit status 2); a class of one "
        "day is learned, not judged; with few days intervals are left empty, never narrow; where "
        "no answer is sure enough, none is given; all figures come with their number of images "
        "and days",
        (
            ""
            "tests/test_fault_labels.py::test_one_class_or_one_image_a_class_is_nothing_to_learn_from",
            ""
            "tests/test_fault_labels.py::test_two_images_a_class_of_noise_leave_everything_open_and_nothing_told",
            ""
            "tests/test_labels_classes.py::test_classes_of_few_images_are_left_out_and_two_must_stay",
            "tests/test_labels_splits.py::test_a_class_of_one_unit_goes_to_training",
            "tests/test_crossfit.py::test_a_class_of_one_fold_only_is_asked_about_all_the_same",
            "tests/test_labels_stage.py::test_labels_of_one_day_only_are_refused",
            ""
            "tests/test_calibration.py::test_images_that_are_all_right_or_all_wrong_leave_finite_numbers",
            "tests/test_classifier_words.py::test_nothing_or_all_may_be_left_out",
        ),
    ),
)


PARTS = {
    "Images": IMAGES,
    "Lists and names": LISTS,
    "Configuration": CONFIGURATION,
    "Checkpoints": CHECKPOINTS,
    "Processes and machine": PROCESSES,
    "Embeddings, clusters, labels, report": EMBEDDINGS,
}
FAULTS = tuple(fault for part in PARTS.values() for fault in part)


def nightly(test: str) -> bool:
    """Return whether a test, by its node id, runs in the nightly set only."""
    file, _, name = test.partition("::")
    source = (PAGE.parents[1] / file).read_text(encoding="utf-8")
    above = source.partition(f"def {name.partition('[')[0]}(")[0].rpartition("\n\n")[2]
    return "nightly" in above or "pytestmark = pytest.mark.nightly" in source


def lines() -> Iterator[str]:
    """Yield the lines of the page."""
    yield from HEAD.splitlines()
    for part, faults in PARTS.items():
        yield from ("", f"## {part}", "", "| | fault | what happens | tests |", "|---|---|---|---|")
        for fault in faults:
            tests = [
                f"`{test.removeprefix('tests/')}`" + " ●" * nightly(test) for test in fault.tests
            ]
            outcome = " ".join(filter(None, [f"{fault.outcome}.", fault.remark]))
            cells = (str(fault.number), fault.title, outcome, "<br>".join(tests))
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """Return the text of the page."""
    return "\n".join([*lines(), ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
