"""Class scores of IFCB bins, a file each, as the IFCB dashboard, iRfcb and ClassiPyR read them."""
